"""What the officers make of the comments until they sign: it may change, and the ledger tells."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from consultations import rules
from consultations.enums import Disposition, GroupState
from consultations.models.announced import Announcement
from consultations.models.intake import Comment, CommentText


class Assignment(models.Model):
    """The officer who is to deal with a comment."""

    comment = models.OneToOneField(Comment, models.PROTECT, related_name="assignment")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[Assignment]] = models.Manager()

    def __str__(self) -> str:
        return str(self.comment)


class CommentGroup(models.Model):
    """Comments that say the same in nearly the same words; they count once as an argument."""

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="groups")
    state = models.CharField(max_length=16, choices=GroupState, default=GroupState.PROPOSED)

    objects: ClassVar[models.Manager[CommentGroup]] = models.Manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.announcement_id} · {self.pk}"


class GroupMember(models.Model):
    """A comment stands in one group at most."""

    group = models.ForeignKey(CommentGroup, models.CASCADE, related_name="members")
    comment = models.OneToOneField(Comment, models.PROTECT, related_name="membership")

    objects: ClassVar[models.Manager[GroupMember]] = models.Manager()

    class Meta:
        ordering = ["comment"]

    def __str__(self) -> str:
        return f"{self.group_id} · {self.comment_id}"


class OpinionQuerySet(models.QuerySet["Opinion"]):
    def standing(self) -> Self:
        """Those that were not merged into another one."""
        return self.filter(merged_into__isnull=True)


class Opinion(models.Model):
    """One thing that was asked for, by one comment or many, and what becomes of it.

    changed_clauses: anchors in the final text; removed_clauses: anchors in the draft that the
    final text no longer has. kept_concentrated: it came out of a concentrated opinion and counts
    as one, until the legal reviewer agrees that it is not.
    """

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="opinions")
    number = models.PositiveIntegerField()
    text = models.TextField(_("opinion"))
    disposition = models.CharField(_("disposition"), max_length=16, choices=Disposition, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    changed_clauses = models.JSONField(_("changed clauses"), default=list, blank=True)
    removed_clauses = models.JSONField(_("removed clauses"), default=list, blank=True)
    kept_concentrated = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    split_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts"
    )

    objects = OpinionQuerySet.as_manager()

    class Meta:
        ordering = ["announcement", "number"]
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "number"], name="opinion_number_once"),
            models.CheckConstraint(condition=~Q(text=""), name="opinion_not_empty"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="opinion_not_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return rules.opinion_code(self.number)


class OpinionComment(models.Model):
    """A comment holds an opinion; ``passage`` is where it says so, empty for the whole of it."""

    opinion = models.ForeignKey(Opinion, models.PROTECT, related_name="mappings")
    comment = models.ForeignKey(Comment, models.PROTECT, related_name="mappings")
    text = models.ForeignKey(CommentText, models.PROTECT, related_name="+")
    passage = models.TextField(blank=True)

    objects: ClassVar[models.Manager[OpinionComment]] = models.Manager()

    class Meta:
        ordering = ["opinion", "comment"]
        constraints = [
            models.UniqueConstraint(fields=["opinion", "comment"], name="opinion_comment_once")
        ]

    def __str__(self) -> str:
        return f"{self.opinion} · {self.comment_id}"


class Phrase(models.Model):
    """A phrase for reasons; it has to be adapted to the opinion before it may be used."""

    organisation = models.ForeignKey(
        "organisations.Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="phrases",
        verbose_name=_("organisation"),
        help_text=_("Empty: for all organisations."),
    )
    disposition = models.CharField(_("disposition"), max_length=16, choices=Disposition, blank=True)
    text = models.TextField(
        _("phrase"), help_text=_("Mark with 〔…〕 what has to be filled in each time.")
    )

    objects: ClassVar[models.Manager[Phrase]] = models.Manager()

    class Meta:
        ordering = ["disposition", "pk"]
        verbose_name = _("phrase for reasons")
        verbose_name_plural = _("phrases for reasons")

    def __str__(self) -> str:
        return self.text[:80]
