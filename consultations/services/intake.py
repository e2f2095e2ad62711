"""What the public sends: written down first, acknowledged after the commit, never lost."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from consultations import rules
from consultations.enums import ChannelKind, Status, Suspicion
from consultations.models import (
    Announcement,
    Comment,
    CommentAttachment,
    CommentText,
    CommentWithdrawal,
    DraftVersion,
    Period,
)
from consultations.services.effects import show_again
from consultations.services.together import Together
from guards import services as guards
from ledger import merkle
from ledger import services as ledger
from ledger.rules import canonical
from organisations.services import Refused
from personaldata import mail
from personaldata import services as personaldata
from uploads.services import CheckedFile


class NotOpen(Refused):
    """The consultation takes no comment at this moment; ``status`` says why."""

    def __init__(self, status: Status) -> None:
        self.status = status
        super().__init__(_WORDS[status]())


_WORDS = {
    Status.SCHEDULED: lambda: _("This consultation has not opened yet."),
    Status.CLOSED: lambda: _("This consultation has closed; the comment came too late."),
    Status.WITHDRAWN: lambda: _("This draft was withdrawn; it takes no comments any more."),
}


@dataclass(frozen=True)
class Submission:
    """A comment as it was sent. Everything but the text may be empty.

    clause: the anchor in the newest draft. submission_id: the same for a resend of one form.
    attachments: names with files that ``uploads`` has checked.
    language: of the form, for letters to the author.
    """

    text: str
    clause: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    represents: str = ""
    consent_publish: bool = False
    attachments: Sequence[tuple[str, CheckedFile]] = ()
    submission_id: str = ""
    language: str = "zh-hans"
    send_receipt: bool = False
    suspicion: Suspicion | None = None


@dataclass(frozen=True)
class OffLine:
    """A letter, mail, fax, call or meeting that an officer enters; people: how many say it."""

    channel: ChannelKind
    postmarked_on: datetime.date
    officer: Any
    people: int = 1


@dataclass(frozen=True)
class Place:
    """Where a comment by the web form goes: the newest period and the newest draft."""

    period: Period
    version: DraftVersion


@dataclass(frozen=True)
class Receipt:
    """The proof of a comment; ``created`` is False for a resend."""

    code: str
    comment: Comment
    created: bool


def submit(
    announcement: Announcement,
    sent: Submission,
    *,
    now: datetime.datetime,
    off_line: OffLine | None = None,
    place: Place | None = None,
) -> Receipt:
    """Write a comment down; when this returns outside a transaction, it is committed.

    place: looked up if left out. With it nothing is asked before the comment is written: the
    database alone decides whether it comes in time and was not sent before.
    A resend with the same ``submission_id`` writes nothing and gives the same code. Raises
    ``NotOpen`` outside the period at ``now``, and ``ValidationError`` by field for a clause that
    the draft does not have, or for a letter that was postmarked or came too late.
    """
    submission_id = sent.submission_id or secrets.token_urlsafe(24)
    if place is None and (known := sent_before(announcement, submission_id)):
        return known
    code = rules.receipt_code(_key(), announcement.slug, submission_id)
    digest = rules.receipt_digest(_key(), code)
    place = place or _place(announcement, off_line, now)
    lineage = _lineage(place.version, sent.clause)
    one = _Arrived(announcement, place, sent, lineage, code, digest, off_line, now)
    try:
        if connection.in_atomic_block or sent.attachments:
            [comment] = _write([one])
        else:
            comment = _together.do(one)
    except IntegrityError as error:
        return _after_refusal(announcement, error, code, digest, now)
    return Receipt(code, comment, created=True)


def sent_before(announcement: Announcement, submission_id: str) -> Receipt | None:
    """Give the receipt of a form that was sent already, at any time; ``None`` for a new one."""
    code = rules.receipt_code(_key(), announcement.slug, submission_id)
    digest = rules.receipt_digest(_key(), code)
    known = Comment.objects.filter(receipt_digest=digest).first()
    return Receipt(code, known, created=False) if known else None


def _after_refusal(
    announcement: Announcement,
    error: IntegrityError,
    code: str,
    digest: str,
    now: datetime.datetime,
) -> Receipt:
    """The same form was sent twice at once, or the period ended while this was under way."""
    known = Comment.objects.filter(receipt_digest=digest).first()
    if known is not None:
        return Receipt(code, known, created=False)
    if guards.violation(error).startswith("comment_"):
        fresh = Announcement.objects.get(pk=announcement.pk)
        raise NotOpen(_status(fresh, now)) from error
    raise error


def _key() -> bytes:
    return salted_hmac("consultations.receipt", "", algorithm="sha256").digest()


def _status(
    announcement: Announcement, now: datetime.datetime, round_: int | None = None
) -> Status:
    """Give the state of a round, of the newest one if left out; withdrawn with its draft."""
    if hasattr(announcement, "withdrawal"):
        return Status.WITHDRAWN
    periods = announcement.periods.all()
    period = (periods.filter(round=round_) if round_ else periods).latest("seq")
    return rules.status(period.opens_at, period.closes_at, now)


def refuse_day(
    announcement: Announcement, postmarked_on: datetime.date, *, now: datetime.datetime
) -> None:
    """Raise ``ValidationError`` for a letter that was postmarked or came too late or too early.

    The day alone decides, by whichever channel it came.
    """
    _period_of(announcement, OffLine(ChannelKind.POST, postmarked_on, officer=None), now)


def _period_of(
    announcement: Announcement, off_line: OffLine | None, now: datetime.datetime
) -> Period:
    rows = list(announcement.periods.order_by("seq"))
    period = rows[-1]
    if off_line is None:
        status = _status(announcement, now)
        if announcement.historic:
            raise NotOpen(Status.CLOSED)
        if status not in {Status.OPEN, Status.CLOSING_SOON}:
            raise NotOpen(status)
        return period
    if announcement.historic:
        raise ValidationError({"postmarked_on": _("It took place elsewhere; nobody can comment.")})
    # A letter to a round that was followed by another one belongs to the one it was written for.
    # A round opens with its first row, and closes with its newest, however often it was prolonged.
    opened_on = {p.round: rules.local_day(p.opens_at) for p in reversed(rows)}
    begun = [p for p in rows if opened_on[p.round] <= off_line.postmarked_on]
    period = begun[-1] if begun else period
    if off_line.postmarked_on > rules.local_day(now):
        raise ValidationError({"postmarked_on": _("This day is still to come.")})
    if off_line.postmarked_on > period.closes_on:
        raise ValidationError({"postmarked_on": _("It was sent after the close.")})
    if off_line.postmarked_on < opened_on[period.round]:
        raise ValidationError({"postmarked_on": _("It was sent before the opening.")})
    if now >= period.closes_at + settings.POSTAL_CUT_OFF:
        raise ValidationError(
            {
                "postmarked_on": _("Letters could arrive until %(days)d days after the close.")
                % {"days": settings.POSTAL_CUT_OFF.days}
            }
        )
    return period


def _place(announcement: Announcement, off_line: OffLine | None, now: datetime.datetime) -> Place:
    period = _period_of(announcement, off_line, now)
    versions = announcement.versions.filter(round=period.round).defer("text", "explanation")
    return Place(period, versions.latest("seq"))


@dataclass(frozen=True)
class _Arrived:
    """What is to be written down; all that can be refused with a message has been asked."""

    announcement: Announcement
    place: Place
    sent: Submission
    lineage: int | None
    code: str
    digest: str
    off_line: OffLine | None
    now: datetime.datetime


def _write(arrived: Sequence[_Arrived]) -> list[Comment]:
    """Write comments down, all or none of them, in one transaction; raise for one sent before."""
    with transaction.atomic():
        # The seal of a round waits for comments in flight, and they for nobody.
        for pk in sorted({one.announcement.pk for one in arrived}):
            guards.lock("consultations.intake", pk, shared=True)
        comments = Comment.objects.bulk_create([_comment(one) for one in arrived])
        for one, comment in zip(arrived, comments, strict=True):
            _write_files(comment, one.sent)
        texts = CommentText.objects.bulk_create(
            [_first_text(one, comment) for one, comment in zip(arrived, comments, strict=True)]
        )
        ledger.record_all(
            ledger.entry(
                "comment.received",
                text.comment,
                actor=one.off_line.officer if one.off_line else None,
                now=one.now,
                data={
                    "consultation": one.announcement.slug,
                    "channel": text.comment.channel,
                    "commitment": text.commitment,
                },
            )
            for one, text in zip(arrived, texts, strict=True)
        )
        for one, comment in zip(arrived, comments, strict=True):
            if one.sent.send_receipt and comment.contact is not None:
                _mail_receipt(comment, one.sent, one.code, one.now)
    return comments


_together = Together(_write)


def _comment(one: _Arrived) -> Comment:
    sent, place, off_line, now = one.sent, one.place, one.off_line, one.now
    contact = personaldata.keep(
        sent.name,
        sent.email,
        sent.phone,
        now=now,
        erase_by=max(place.period.closes_at, now) + settings.CONTACT_CAP,
    )
    return Comment(
        announcement=one.announcement,
        round=place.period.round,
        draft_version=place.version,
        clause_lineage=one.lineage,
        channel=off_line.channel if off_line else ChannelKind.WEB,
        language=sent.language,
        received_at=now,
        postmarked_on=off_line.postmarked_on if off_line else None,
        people=off_line.people if off_line else 1,
        receipt_digest=one.digest,
        salt=secrets.token_hex(merkle.SALT_BYTES),
        suspicion=sent.suspicion or "",
        contact=contact,
        entered_by=off_line.officer if off_line else None,
    )


def _write_files(comment: Comment, sent: Submission) -> None:
    for name, upload in sent.attachments:
        CommentAttachment.objects.create(
            comment=comment,
            file=ContentFile(upload.content, name=f"{secrets.token_hex(16)}.{upload.kind}"),
            name=name[:200],
            kind=upload.kind,
            size=len(upload.content),
            sha256=upload.sha256,
            scan=upload.scan,
        )


def _first_text(one: _Arrived, comment: Comment) -> CommentText:
    return _text(
        comment,
        1,
        text=one.sent.text,
        represents=one.sent.represents,
        consent_publish=one.sent.consent_publish,
        files=[upload.sha256 for _name, upload in one.sent.attachments],
        now=one.now,
    )


def _lineage(version: DraftVersion, anchor: str) -> int | None:
    if not anchor:
        return None
    clause = version.clauses.filter(anchor=anchor).first()
    if clause is None or not rules.takes_comments(clause.kind):
        raise ValidationError({"clause": _("The draft has no such clause.")})
    return clause.lineage


def _text(
    comment: Comment,
    seq: int,
    *,
    text: str,
    represents: str,
    consent_publish: bool,
    files: Iterable[str],
    now: datetime.datetime,
) -> CommentText:
    return CommentText(
        comment=comment,
        seq=seq,
        text=text,
        represents=represents,
        consent_publish=consent_publish,
        written_at=now,
        commitment=commitment(
            comment, seq, text, represents, consent_publish=consent_publish, files=files
        ),
    )


def commitment(
    comment: Comment,
    seq: int,
    text: str,
    represents: str,
    *,
    consent_publish: bool,
    files: Iterable[str],
) -> str:
    """Give the salted commitment to a text of a comment; it covers no contact data.

    So contact data can be erased and the proof still holds. files: the SHA-256 of each.
    """
    payload = _payload(comment, seq, text, represents, consent_publish=consent_publish, files=files)
    return merkle.commitment(comment.salt, payload)


def committed(text: CommentText, files: Iterable[str]) -> str:
    """Give the JSON that a text's commitment is the hash of, after the bytes of the salt.

    files: the SHA-256 of each. It is for the author alone: with the salt anybody could try out
    what a comment says.
    """
    payload = _payload(
        text.comment,
        text.seq,
        text.text,
        text.represents,
        consent_publish=text.consent_publish,
        files=files,
    )
    return canonical(payload).decode()


def _payload(
    comment: Comment,
    seq: int,
    text: str,
    represents: str,
    *,
    consent_publish: bool,
    files: Iterable[str],
) -> dict[str, Any]:
    return {
        "comment": comment.pk,
        "consultation": comment.announcement_id,
        "round": comment.round,
        "channel": str(comment.channel),
        "draft_version": comment.draft_version_id,
        "clause": comment.clause_lineage,
        "received_at": comment.received_at.astimezone(datetime.UTC).isoformat(),
        "seq": seq,
        "text": text,
        "represents": represents,
        "consent_publish": consent_publish,
        "attachments": sorted(files),
        # Left out for one person, as in commitments from before it was counted.
        **({"people": comment.people} if comment.people > 1 else {}),
    }


def _mail_receipt(comment: Comment, sent: Submission, code: str, now: datetime.datetime) -> None:
    assert comment.contact is not None
    with override(sent.language):
        mail.send(
            comment.contact,
            _("Receipt for your comment"),
            _(
                "We have received your comment on “%(title)s”.\n\n"
                "Receipt code: %(code)s\n\n"
                "With this code you can look up, amend or withdraw your comment until the "
                "close: %(address)s\n"
                "The code cannot be recovered if it is lost."
            )
            % {
                "title": comment.draft_version.headline,
                "code": code,
                "address": f"{settings.PUBLIC_URL}/receipts/",
            },
            now=now,
        )


# --- with the receipt code ----------------------------------------------------------------------


def find(code: str) -> Comment | None:
    """Give the comment of a receipt code, however it was typed; ``None`` for any other text."""
    digest = rules.receipt_digest(_key(), code)
    return (
        Comment.objects.filter(receipt_digest=digest)
        .select_related("announcement__page", "draft_version", "withdrawal")
        .first()
    )


def amend(
    comment: Comment,
    *,
    text: str,
    represents: str,
    consent_publish: bool,
    now: datetime.datetime,
) -> CommentText:
    """Add a new text to a comment before the close; the older ones stay. Raises ``NotOpen``."""
    with transaction.atomic():
        last = _changeable(comment, now)
        amended = _text(
            comment,
            last.seq + 1,
            text=text,
            represents=represents,
            consent_publish=consent_publish,
            files=comment.attachments.values_list("sha256", flat=True),
            now=now,
        )
        amended.save(force_insert=True)
        ledger.record(
            "comment.amended",
            comment,
            now=now,
            data={"seq": amended.seq, "commitment": amended.commitment},
        )
        show_again(comment.announcement)
    return amended


def take_back(comment: Comment, *, now: datetime.datetime) -> None:
    """Withdraw a comment before the close; it stays counted, as withdrawn. Raises ``NotOpen``."""
    with transaction.atomic():
        _changeable(comment, now)
        CommentWithdrawal.objects.create(comment=comment, withdrawn_at=now)
        ledger.record("comment.withdrawn", comment, now=now)
        show_again(comment.announcement)


def may_be_changed(comment: Comment, now: datetime.datetime) -> bool:
    """Tell whether its author may still amend or withdraw it."""
    period = comment.announcement.periods.filter(round=comment.round).latest("seq")
    return (
        not hasattr(comment, "withdrawal")
        and not hasattr(comment.announcement, "withdrawal")
        and period.opens_at <= now < period.closes_at
    )


def _changeable(comment: Comment, now: datetime.datetime) -> CommentText:
    guards.lock("consultations.intake", comment.announcement_id, shared=True)
    guards.lock("consultations.comment", comment.pk)
    if CommentWithdrawal.objects.filter(comment=comment).exists():
        raise Refused(_("This comment was withdrawn."))
    if not may_be_changed(comment, now):
        raise NotOpen(_status(comment.announcement, now, comment.round))
    newest: CommentText = comment.texts.latest("seq")
    return newest
