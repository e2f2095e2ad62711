"""What came in. A comment is never changed and never deleted; each change of it is a new row."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consultations.enums import ChannelKind, CommentState, Suspicion, Verdict, Withheld
from consultations.models.announced import Announcement, DraftVersion


class CommentQuerySet(models.QuerySet["Comment"]):
    def with_newest(self) -> Self:
        """Annotate the newest text of each comment: ``newest_text_id`` and ``consents``."""
        newest = CommentText.objects.filter(comment=models.OuterRef("pk")).order_by("-seq")
        return self.annotate(
            newest_text_id=models.Subquery(newest.values("pk")[:1]),
            consents=models.Subquery(newest.values("consent_publish")[:1]),
        )

    def with_state(self) -> Self:
        """Annotate ``state`` and, for withheld ones, ``withheld_for``.

        What an officer decided counts for the text it was decided on: an amended comment waits
        again.
        """
        from consultations.queries import comment_state, withheld_reason

        decided = Moderation.objects.filter(text=models.OuterRef("newest_text_id")).order_by("-pk")
        return (
            self.with_newest()
            .annotate(
                verdict=models.Subquery(decided.values("verdict")[:1]),
                verdict_reason=models.Subquery(decided.values("reason")[:1]),
            )
            .annotate(state=comment_state(), withheld_for=withheld_reason())
        )

    def public(self) -> Self:
        """Only what may be shown to anybody: published, with consent, not withdrawn.

        Every page, feed, API answer, export and search document goes through here.
        """
        return self.with_state().filter(state=CommentState.PUBLISHED.value)


class Comment(models.Model):
    """A comment as it came in: by which channel, when, on which draft and clause.

    The receipt code itself is nowhere in the database. ``salt`` belongs to the commitments
    (``rules.commitment``). ``clause_lineage`` empty: on the whole draft. ``people``: how many
    signed a letter or said the same in a meeting.
    """

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="comments")
    round = models.PositiveSmallIntegerField()
    draft_version = models.ForeignKey(DraftVersion, models.PROTECT, related_name="comments")
    clause_lineage = models.PositiveIntegerField(null=True)
    channel = models.CharField(max_length=16, choices=ChannelKind)
    language = models.CharField(max_length=8)
    received_at = models.DateTimeField()
    postmarked_on = models.DateField(null=True)
    people = models.PositiveIntegerField(default=1)
    receipt_digest = models.CharField(max_length=64, unique=True)
    salt = models.CharField(max_length=64)
    suspicion = models.CharField(max_length=16, choices=Suspicion, blank=True)
    contact = models.OneToOneField(
        "personaldata.ContactRecord", models.PROTECT, null=True, related_name="comment"
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["received_at", "pk"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [
            models.Index(
                fields=["announcement", "round", "clause_lineage"], name="comment_by_clause"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel=ChannelKind.WEB.value, postmarked_on__isnull=True)
                | (~Q(channel=ChannelKind.WEB.value) & Q(postmarked_on__isnull=False)),
                name="comment_postmark_off_line_only",
            ),
            models.CheckConstraint(
                condition=Q(people=1) | (Q(people__gt=1) & ~Q(channel=ChannelKind.WEB.value)),
                name="comment_of_many_off_line_only",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} · {self.pk}"


class CommentText(models.Model):
    """What the comment says; amending it adds a row, and the newest counts."""

    comment = models.ForeignKey(Comment, models.PROTECT, related_name="texts")
    seq = models.PositiveIntegerField()
    text = models.TextField()
    represents = models.CharField(max_length=200, blank=True)
    consent_publish = models.BooleanField()
    written_at = models.DateTimeField()
    commitment = models.CharField(max_length=64)

    objects: ClassVar[models.Manager[CommentText]] = models.Manager()

    class Meta:
        ordering = ["comment", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["comment", "seq"], name="comment_text_seq_once"),
            models.CheckConstraint(condition=~Q(text=""), name="comment_text_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.comment} · {self.seq}"


class CommentAttachment(models.Model):
    comment = models.ForeignKey(Comment, models.PROTECT, related_name="attachments")
    file = models.FileField(upload_to="comments/%Y/%m")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    scan = models.CharField(max_length=16)

    objects: ClassVar[models.Manager[CommentAttachment]] = models.Manager()

    class Meta:
        ordering = ["pk"]

    @property
    def public_name(self) -> str:
        """The name for the public: the one that its author gave it may well be the author's."""
        return f"attachment-{self.pk}.{self.kind}"

    def __str__(self) -> str:
        return self.name


class CommentWithdrawal(models.Model):
    """The author took the comment back before the close; it still counts as received."""

    comment = models.OneToOneField(Comment, models.PROTECT, related_name="withdrawal")
    withdrawn_at = models.DateTimeField()

    objects: ClassVar[models.Manager[CommentWithdrawal]] = models.Manager()

    def __str__(self) -> str:
        return str(self.comment)


class Moderation(models.Model):
    """An officer published a text or withheld it; the newest row for the newest text counts."""

    text = models.ForeignKey(CommentText, models.PROTECT, related_name="moderations")
    verdict = models.CharField(max_length=16, choices=Verdict)
    reason = models.CharField(max_length=16, choices=Withheld, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[Moderation]] = models.Manager()

    class Meta:
        ordering = ["text", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict=Verdict.PUBLISH.value, reason="")
                | (Q(verdict=Verdict.WITHHOLD.value) & ~Q(reason="")),
                name="moderation_withholds_with_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.text} · {self.verdict}"


class CommentReading(models.Model):
    """An officer has read it: what is unread is what has no row here."""

    comment = models.OneToOneField(Comment, models.PROTECT, related_name="reading")
    read_at = models.DateTimeField()
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[CommentReading]] = models.Manager()

    def __str__(self) -> str:
        return str(self.comment)


class MerkleRoot(models.Model):
    """The root over all comments of a round, made public after its close.

    Batch 1 is what came in until the close; letters that arrive later form further batches.
    """

    announcement = models.ForeignKey(Announcement, models.PROTECT, related_name="merkle_roots")
    round = models.PositiveSmallIntegerField()
    batch = models.PositiveSmallIntegerField()
    root = models.CharField(max_length=64)
    leaves = models.PositiveIntegerField()
    sealed_at = models.DateTimeField()

    objects: ClassVar[models.Manager[MerkleRoot]] = models.Manager()

    class Meta:
        ordering = ["announcement", "round", "batch"]
        constraints = [
            models.UniqueConstraint(
                fields=["announcement", "round", "batch"], name="merkle_root_once"
            )
        ]

    def __str__(self) -> str:
        return self.root


class MerkleLeaf(models.Model):
    """The place of a comment below its root: the commitment of its newest text."""

    root = models.ForeignKey(MerkleRoot, models.PROTECT, related_name="tree_leaves")
    position = models.PositiveIntegerField()
    comment = models.OneToOneField(Comment, models.PROTECT, related_name="leaf")
    text = models.ForeignKey(CommentText, models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[MerkleLeaf]] = models.Manager()

    class Meta:
        ordering = ["root", "position"]
        constraints = [
            models.UniqueConstraint(fields=["root", "position"], name="merkle_leaf_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.root_id} · {self.position}"
