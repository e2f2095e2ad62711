"""What was answered. A signed statement and all that belongs to it never changes."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from consultations import rules
from consultations.enums import Disposition, StatementKind, Step
from consultations.models.announced import Announcement
from consultations.models.intake import Comment


class ConcentrationRule(models.Model):
    """From when on an opinion counts as concentrated; the newest row is the rule."""

    people = models.PositiveIntegerField(_("people"), help_text=_("So many people, or more."))
    percent = models.PositiveSmallIntegerField(
        _("percent"), help_text=_("Or so many percent of all people who commented.")
    )
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[ConcentrationRule]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("rule of concentrated opinions")
        constraints = [
            models.CheckConstraint(
                condition=Q(people__gte=1, percent__gte=1, percent__lte=100),
                name="concentration_rule_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.people} · {self.percent} %"


class StatementDraft(models.Model):
    """The words of a statement beside the opinions, while it is being written."""

    announcement = models.OneToOneField(
        Announcement, models.PROTECT, related_name="statement_draft"
    )
    kind = models.CharField(
        _("kind"), max_length=16, choices=StatementKind, default=StatementKind.ADOPTION
    )
    words = models.TextField(
        _("introduction"),
        blank=True,
        help_text=_("Of a closing statement: why the draft was abandoned."),
    )
    correction_reason = models.TextField(
        _("reason for the correction"),
        blank=True,
        help_text=_("Needed when a statement of this round is signed already."),
    )

    objects: ClassVar[models.Manager[StatementDraft]] = models.Manager()

    def __str__(self) -> str:
        return str(self.announcement)


class StatementStep(models.Model):
    """Somebody passed a statement on or returned it. It holds for exactly this ``digest``."""

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="statement_steps")
    step = models.CharField(max_length=16, choices=Step)
    digest = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    objects: ClassVar[models.Manager[StatementStep]] = models.Manager()

    class Meta:
        ordering = ["announcement", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(step=Step.RETURNED.value) | ~Q(note=""),
                name="statement_returned_with_a_note",
            )
        ]

    def __str__(self) -> str:
        return f"{self.announcement} · {self.step}"


class StatementQuerySet(models.QuerySet["SignedStatement"]):
    def public(self) -> Self:
        """Only what may be shown to anybody: disclosed, with its policy or as a closing one.

        Every page, feed and API answer goes through here.
        """
        return self.filter(disclosure__isnull=False)


class SignedStatement(models.Model):
    """意见采纳情况: what became of everything that came in, signed by three people.

    It stands for all rounds up to ``round``; ``totals`` has the numbers of each. A later one of
    the same round corrects it. final_text: whose clauses it cites, as it was when it was signed.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="statements")
    seq = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16, choices=StatementKind)
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")
    correction_reason = models.TextField(blank=True)
    words = models.TextField(blank=True)
    received = models.PositiveIntegerField()
    published = models.PositiveIntegerField()
    withheld = models.PositiveIntegerField()
    withdrawn = models.PositiveIntegerField()
    unanswered = models.PositiveIntegerField()
    opinions_count = models.PositiveIntegerField()
    answers_count = models.PositiveIntegerField()
    totals = models.JSONField()
    concentration = models.JSONField()
    final_text = models.TextField(blank=True)
    digest = models.CharField(max_length=64)
    approval = models.OneToOneField(StatementStep, models.PROTECT, related_name="statement")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["announcement", "seq"]
        verbose_name = _("signed statement")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "seq"], name="statement_seq_once"),
            models.CheckConstraint(
                condition=Q(received=F("published") + F("withheld") + F("withdrawn")),
                name="statement_counts_reconcile",
            ),
            models.CheckConstraint(condition=Q(unanswered=0), name="statement_answers_everything"),
            models.CheckConstraint(
                condition=~Q(drafted_by=F("reviewed_by"))
                & ~Q(drafted_by=F("signed_by"))
                & ~Q(reviewed_by=F("signed_by")),
                name="statement_by_three_people",
            ),
            models.CheckConstraint(
                condition=Q(kind=StatementKind.ADOPTION.value) | ~Q(words=""),
                name="closing_statement_says_why",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, correction_reason="")
                | (Q(corrects__isnull=False) & ~Q(correction_reason="")),
                name="statement_correction_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement} · {self.seq}"


class SignedOpinion(models.Model):
    """An opinion as the statement tells it; it goes in before the statement, which counts it.

    people, comments: how many hold it. changed_clauses: anchor and citation in the final text;
    removed_clauses: in the draft.
    """

    statement = models.ForeignKey(SignedStatement, models.PROTECT, related_name="opinions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    people = models.PositiveIntegerField()
    comments = models.PositiveIntegerField()
    arguments = models.PositiveIntegerField()
    concentrated = models.BooleanField()
    disposition = models.CharField(max_length=16, choices=Disposition)
    reason = models.TextField(blank=True)
    changed_clauses = models.JSONField(default=list)
    removed_clauses = models.JSONField(default=list)

    objects: ClassVar[models.Manager[SignedOpinion]] = models.Manager()

    class Meta:
        ordering = ["statement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="signed_opinion_once"),
            models.CheckConstraint(
                condition=Q(disposition__in=Disposition.values), name="signed_opinion_is_decided"
            ),
            models.CheckConstraint(
                condition=Q(concentrated=False)
                | ~Q(
                    disposition__in=[
                        Disposition.PARTLY_ADOPTED.value,
                        Disposition.NOT_ADOPTED.value,
                    ]
                )
                | ~Q(reason=""),
                name="concentrated_opinion_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return rules.opinion_code(self.number)


class SignedAnswer(models.Model):
    """A comment is answered by an opinion of a statement.

    passage: where the comment says so; empty for the whole of it. argument: the same number for
    comments that were counted as one argument; empty for one that stood by itself.
    """

    statement = models.ForeignKey(SignedStatement, models.PROTECT, related_name="answers")
    opinion = models.ForeignKey(SignedOpinion, models.PROTECT, related_name="answers")
    comment = models.ForeignKey(Comment, models.PROTECT, related_name="answers")
    passage = models.TextField(blank=True)
    argument = models.PositiveBigIntegerField(null=True)

    objects: ClassVar[models.Manager[SignedAnswer]] = models.Manager()

    class Meta:
        ordering = ["statement", "comment", "opinion"]
        constraints = [
            models.UniqueConstraint(fields=["opinion", "comment"], name="signed_answer_once")
        ]

    def __str__(self) -> str:
        return f"{self.opinion} · {self.comment_id}"


class Disclosure(models.Model):
    """From this moment on the statement is public: with the policy, or by itself if it closes."""

    statement = models.OneToOneField(SignedStatement, models.PROTECT, related_name="disclosure")
    disclosed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Disclosure]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("disclosure of a statement")

    def __str__(self) -> str:
        return str(self.statement)


class AnswerLetter(models.Model):
    """The author of a comment was told what became of it; nobody is told twice."""

    comment = models.OneToOneField(Comment, models.PROTECT, related_name="letter")
    statement = models.ForeignKey(SignedStatement, models.PROTECT, related_name="letters")
    written_at = models.DateTimeField()

    objects: ClassVar[models.Manager[AnswerLetter]] = models.Manager()

    def __str__(self) -> str:
        return str(self.comment)
