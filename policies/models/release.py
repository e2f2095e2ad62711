"""Released facts. They are rows of their own, inserted once and guarded by the database.

A page's fields come back from whatever revision is published; these do not.
"""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from policies import rules
from policies.enums import MUST_CONSULT, Basis, EffectKind, ImportedStatus, Kind
from policies.models.interpretation import InterpretationPage
from policies.models.policy import PolicyPage


class IndexCounter(models.Model):
    """The last serial of an organisation's year; its row lock makes the numbers gap-free."""

    organisation_code = models.CharField(max_length=32)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation_code", "year"], name="index_counter_once")
        ]

    def __str__(self) -> str:
        return rules.index_number(self.organisation_code, self.year, self.last)


class Release(models.Model):
    """A document appeared on this site: when, on what basis, and under which index number.

    kind, business_related: as they were at the release, for the database decides by them whether
    the public had to be asked; empty only for releases from before it did. disclosure: the
    statement that appears with it; the database looks for it at the commit, and lets a statement
    appear only after the row that names it.
    """

    page = models.OneToOneField(PolicyPage, models.PROTECT, related_name="release")
    organisation_code = models.CharField(max_length=32)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    released_at = models.DateTimeField(db_index=True)
    basis = models.CharField(max_length=16, choices=Basis)
    kind = models.CharField(max_length=32, choices=Kind, blank=True)
    business_related = models.BooleanField(null=True)
    disclosure = models.ForeignKey(
        "consultations.Disclosure",
        models.PROTECT,
        to_field="statement",
        db_column="statement_id",
        null=True,
        related_name="releases",
    )
    exemption = models.OneToOneField(
        "consultations.Exemption", models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("release")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_code", "year", "serial"], name="release_index_number_once"
            ),
            models.CheckConstraint(condition=Q(serial__gte=1), name="release_serial_from_one"),
            models.CheckConstraint(condition=Q(basis__in=Basis.values), name="release_basis_known"),
            models.CheckConstraint(
                condition=Q(
                    basis=Basis.CONSULTED.value, disclosure__isnull=False, exemption__isnull=True
                )
                | Q(basis=Basis.EXEMPT.value, disclosure__isnull=True, exemption__isnull=False)
                | Q(
                    basis__in=[Basis.NOT_REQUIRED.value, Basis.IMPORTED.value],
                    disclosure__isnull=True,
                    exemption__isnull=True,
                ),
                name="release_has_what_its_basis_needs",
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.NOT_REQUIRED.value)
                | (
                    ~Q(kind__in=sorted(kind.value for kind in MUST_CONSULT))
                    & (Q(business_related__isnull=True) | Q(business_related=False))
                ),
                name="release_without_consultation_is_lawful",
            ),
            models.CheckConstraint(
                condition=Q(organisation_code__regex=r"^[A-Z0-9-]+$"), name="release_code_form"
            ),
        ]

    def __str__(self) -> str:
        return self.index_number

    @property
    def index_number(self) -> str:
        return rules.index_number(self.organisation_code, self.year, self.serial)

    def get_absolute_url(self) -> str:
        return reverse("policies:policy", args=[self.organisation_code, self.year, self.serial])


class OlderText(models.Model):
    """更正: a released text as it stood before, kept because revisions can be purged."""

    seq = models.PositiveIntegerField()
    corrected_at = models.DateTimeField()
    reason = models.TextField()
    old_headline = models.CharField(max_length=500)
    old_body = models.JSONField()
    old_facts = models.JSONField()

    release: models.ForeignKey[Any, Any]
    page_model: ClassVar[type[Page]]

    class Meta:
        abstract = True
        ordering = ["release", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["release", "seq"], name="%(class)s_seq_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="%(class)s_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.release} · {self.seq}"

    @property
    def body(self) -> Any:
        """The older text as the body of a page."""
        stored = [{"type": kind, "value": value} for kind, value in self.old_body]
        return self.page_model._meta.get_field("body").to_python(stored)

    @property
    def attachments(self) -> list[tuple[str, str]]:
        """The older attachments: title, and SHA-1 of the file."""
        return [(title, digest) for title, digest in self.old_facts.get("attachments", ())]

    def shows(self, file: Any) -> bool:
        """Tell whether a stored image or document stands in the older text."""
        body = self.body
        return any(digest == file.file_hash for _title, digest in self.attachments) or any(
            isinstance(file, model) and key == str(file.pk)
            for model, key, *_path in body.stream_block.extract_references(body)
        )


class Correction(OlderText):
    """What a correction of a policy replaced."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="corrections")
    page_model = PolicyPage


class InterpretationWaiverQuerySet(models.QuerySet["InterpretationWaiver"]):
    def outstanding(self) -> InterpretationWaiverQuerySet:
        """The policies still without an interpretation, withdrawn ones left out."""
        withdrawn = Withdrawal.objects.open().filter(release=models.OuterRef("release"))
        return self.filter(~models.Exists(withdrawn), release__interpretations__isnull=True)

    def overdue(self, on: datetime.date) -> InterpretationWaiverQuerySet:
        """Those of them that are due before the Shanghai day ``on``, the oldest first."""
        return self.outstanding().filter(due_on__lt=on).order_by("due_on", "pk")


class InterpretationWaiver(models.Model):
    """A policy was released without its interpretation, for a reason and until a day."""

    release = models.OneToOneField(Release, models.PROTECT, related_name="interpretation_waiver")
    reason = models.TextField()
    due_on = models.DateField()

    objects = InterpretationWaiverQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="waiver_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.release} · {self.due_on}"


class InterpretationRelease(models.Model):
    """An interpretation appeared, with its policy or after it."""

    page = models.OneToOneField(InterpretationPage, models.PROTECT, related_name="release")
    policy_release = models.ForeignKey(Release, models.PROTECT, related_name="interpretations")
    serial = models.PositiveIntegerField()
    released_at = models.DateTimeField()

    class Meta:
        ordering = ["policy_release", "serial"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy_release", "serial"], name="interpretation_serial_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy_release} · {self.serial}"

    def get_absolute_url(self) -> str:
        policy = self.policy_release
        return reverse(
            "policies:interpretation",
            args=[policy.organisation_code, policy.year, policy.serial, self.serial],
        )


class InterpretationCorrection(OlderText):
    """What a correction of an interpretation replaced."""

    release = models.ForeignKey(InterpretationRelease, models.PROTECT, related_name="corrections")
    page_model = InterpretationPage


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    def open(self) -> WithdrawalQuerySet:
        return self.filter(reinstatement__isnull=True)


class Withdrawal(models.Model):
    """A released document was taken back; its address stays, with this notice."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="withdrawals")
    seq = models.PositiveIntegerField()
    withdrawn_at = models.DateTimeField()
    reason = models.TextField()
    still_proactive = models.BooleanField(
        help_text=_("No hides the title too: the document may no longer be disclosed.")
    )

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        ordering = ["release", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["release", "seq"], name="withdrawal_seq_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="withdrawal_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.release} · {self.seq}"


class Reinstatement(models.Model):
    withdrawal = models.OneToOneField(Withdrawal, models.PROTECT, related_name="reinstatement")
    reinstated_at = models.DateTimeField()
    reason = models.TextField()

    def __str__(self) -> str:
        return str(self.withdrawal)


class Effect(models.Model):
    """What a released document does to another released one, from a day on."""

    source = models.ForeignKey(PolicyPage, models.PROTECT, related_name="effects")
    target = models.ForeignKey(PolicyPage, models.PROTECT, related_name="effects_on_it")
    kind = models.CharField(max_length=16, choices=EffectKind)
    provisions = models.JSONField(default=list, blank=True)
    effective_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    applied = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["effective_on", "id"]
        indexes = [models.Index(fields=["target", "kind", "effective_on"], name="effect_on_target")]
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="effect_not_on_itself"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("effective_on")),
                name="effect_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"

    @property
    def stands(self) -> bool:
        return getattr(self, "reversal", None) is None

    def as_fact(self) -> rules.EffectFact:
        return rules.EffectFact(
            kind=EffectKind(self.kind),
            effective_on=self.effective_on,
            until_on=self.until_on,
            provisions=tuple(self.provisions),
            applied=self.applied,
            effect_id=self.pk,
        )


class EffectReversal(models.Model):
    """A correction took back an effect that had been released by mistake."""

    effect = models.OneToOneField(Effect, models.PROTECT, related_name="reversal")
    reversed_at = models.DateTimeField()
    reason = models.TextField()

    def __str__(self) -> str:
        return str(self.effect)


class ObligationQuerySet(models.QuerySet["Obligation"]):
    def open_for(self, page: PolicyPage) -> Self:
        """Those of a document and of everything it was copied from or to, not lifted."""
        return self.filter(
            Q(page=page) | Q(origin=page.origin), lifting__isnull=True
        ).select_related("announcement")


class Obligation(models.Model):
    """The document owes the public an answer before it can be released. Append-only.

    announcement: the consultation whose statement it owes; empty for one still to be held.
    origin: of the document, so that its copies owe the same.
    """

    page = models.ForeignKey(PolicyPage, models.PROTECT, related_name="obligations")
    origin = models.UUIDField(null=True, db_index=True)
    announcement = models.ForeignKey(
        "consultations.Announcement", models.PROTECT, null=True, related_name="+"
    )
    reason = models.TextField()
    arose_at = models.DateTimeField()

    objects = ObligationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.page_id} · {self.arose_at:%Y-%m-%d}"


class ObligationLifting(models.Model):
    """A mistaken obligation was lifted, by whom and why."""

    obligation = models.OneToOneField(Obligation, models.PROTECT, related_name="lifting")
    approver = models.CharField(max_length=150)
    reason = models.TextField()
    lifted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(approver=""), name="lifting_has_approver_and_reason"
            )
        ]

    def __str__(self) -> str:
        return str(self.obligation)


class ImportRecord(models.Model):
    """Where an imported document came from, and what its source said of it."""

    page = models.OneToOneField(PolicyPage, models.PROTECT, related_name="import_record")
    source_id = models.CharField(max_length=200, unique=True)
    status = models.CharField(max_length=16, choices=ImportedStatus, blank=True)
    details = models.JSONField(default=dict, blank=True)
    imported_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.source_id
