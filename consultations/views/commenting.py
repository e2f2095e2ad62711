"""A comment: its form, its arrival, and the receipt in the browser that sent it.

What was typed is given back on every page that does not take it.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from consultations import cookies, forms, reading, services
from consultations.enums import Status, Suspicion
from consultations.models import Clause
from consultations.presenters import draft, words
from consultations.presenters.comments import excerpt
from consultations.views.frame import LIVE, NEVER_KEPT, find, find_kept, page_language, show, trail
from throttling import addresses
from throttling import services as throttling
from throttling.rules import Rate
from uploads import held
from uploads.held import NamedFile
from uploads.scanning import Scan
from uploads.services import check_upload

HOUR, MINUTE = 60 * 60, 60
TRIES = 10
"""So many times the limit of comments may be sent that are not in order."""


def limited(request: HttpRequest, scope: str, most: int, now: datetime.datetime) -> bool:
    """Count something against the hourly limit of the address that it comes from."""
    return throttling.over_limit(scope, *_counted(request, most), now)


def _counted(request: HttpRequest, most: int) -> tuple[str, Rate]:
    """By what a request is counted, and the hourly limit."""
    return addresses.counted_as(addresses.client_address(request)), Rate(most, HOUR)


@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what it sends; the server's clock decides whether it came in time."""
    now = timezone.now()
    if request.method == "POST":
        return _Arrival(request, find_kept(slug, now), now).answer()
    notice = find(slug)
    if not notice.takes_comments(now):
        return _not_open(request, notice, now, {})
    typed = {"clause": request.GET.get("clause", "").replace("\x00", "")[:100]}
    return _form(request, notice, now, typed, cache=f"{LIVE}, private")


def comment_without_token(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer to a form without a valid token: what was typed, in a form with a new one."""
    now = timezone.now()
    notice = find(slug)
    words_back = _("The form had been open for too long, or your browser keeps no cookies.")
    if not notice.takes_comments(now):
        return _not_open(request, notice, now, request.POST, status=403)
    problem: tuple[str, ...] = (
        words_back,
        _("Nothing was sent. What you typed is below: please send it again."),
    )
    if request.FILES:
        problem = (*problem, _("Attach your files once more."))
    return _form(request, notice, now, request.POST, problem=problem, status=403)


class _Arrival:
    """A comment that has arrived at ``now``."""

    def __init__(
        self, request: HttpRequest, notice: reading.Notice, now: datetime.datetime
    ) -> None:
        self.request, self.notice, self.now = request, notice, now
        self.announcement = notice.announcement
        self.form = forms.CommentForm(request.POST)
        self.most = settings.COMMENTS_PER_HOUR
        self.clause = ""
        self.files: list[NamedFile] = []
        self.file_errors: list[str] = []

    def answer(self) -> HttpResponse:
        refusal = self._refusal()
        if refusal is not None:
            known = self._sent_before()
            return self._receipt(known) if known else refusal
        place = services.Place(self.notice.period, self.notice.version)
        sent = self._submission()
        created = False
        try:
            receipt = services.submit(self.announcement, sent, now=self.now, place=place)
            created = receipt.created
        except services.NotOpen:
            return _not_open(
                self.request, find(self.announcement.slug), self.now, self.request.POST
            )
        except ValidationError as error:
            self.form.add_error(None, error)
            return self._again(status=422)
        finally:
            if not created:
                throttling.give_back("comment", *_counted(self.request, self.most), self.now)
        response = self._receipt(receipt)
        cookies.remember_sent(self.request, response, self._digest())
        return response

    def _refusal(self) -> HttpResponse | None:
        """The answer to a comment that is not taken, unless it was taken before."""
        if not self.notice.takes_comments(self.now):
            return _not_open(self.request, self.notice, self.now, self.request.POST)
        if limited(self.request, "comment tried", TRIES * self.most, self.now):
            return self._too_many()
        self._check_files()
        self.clause = self._clause()
        if not self.form.is_valid() or self.file_errors:
            return self._again(status=422)
        if self._is_repeated() and self.request.POST.get("again") != self._digest():
            return self._warn(self._digest())
        if limited(self.request, "comment", self.most, self.now):
            return self._too_many()
        return None

    def _sent_before(self) -> services.Receipt | None:
        submission_id = self.request.POST.get("submission_id", "")[: forms.LONGEST_ID]
        return services.sent_before(self.announcement, submission_id) if submission_id else None

    def _digest(self) -> str:
        return cookies.digest(self.announcement.slug, self.form.cleaned_data["text"])

    def _is_repeated(self) -> bool:
        return self._digest() in cookies.sent(self.request)

    def _submission(self) -> services.Submission:
        data = self.form.cleaned_data
        return services.Submission(
            text=data["text"],
            clause=self.clause,
            name=data["name"],
            email=data["email"],
            phone=data["phone"],
            represents=data["represents"],
            consent_publish=data["consent_publish"],
            attachments=self.files,
            submission_id=data["submission_id"],
            language=page_language(),
            send_receipt=data["send_receipt"],
            suspicion=self._suspicion(),
        )

    def _suspicion(self) -> Suspicion | None:
        """Why an officer has to look at it first; it is taken in any case."""
        subject = _load_key(self.announcement.pk)
        rate = Rate(settings.COMMENTS_PER_MINUTE, MINUTE)
        is_loaded = throttling.over_limit("comments on", subject, rate, self.now)
        is_loaded = is_loaded or throttling.is_busy("comments on", subject, rate, self.now)
        proof = self.request.POST.get("proof", "")
        if self._is_repeated():
            return Suspicion.REPEATED
        if is_loaded and not throttling.accept_proof(subject, proof, self.now):
            return Suspicion.UNDER_LOAD
        if any(file.scan is Scan.WAITING for _name, file in self.files):
            return Suspicion.UNSCANNED
        return None

    def _clause(self) -> str:
        """The clause's anchor in the newest draft, which may have a new number there by now."""
        anchor = self.request.POST.get("clause", "").replace("\x00", "")[:100]
        seq = self.request.POST.get("version", "")
        if not anchor or not seq.isascii() or not seq.isdigit() or len(seq) > 9:
            return anchor
        if int(seq) == self.notice.version.seq:
            return anchor
        seen = Clause.objects.filter(
            version__announcement=self.announcement, version__seq=int(seq), anchor=anchor
        ).first()
        if seen is None:
            return anchor
        now_at = Clause.objects.filter(version=self.notice.version, lineage=seen.lineage).first()
        if now_at is None:
            message = _(
                "The draft has changed since you opened this page; it has no such clause now."
            )
            self.form.add_error("clause", message)
            return ""
        return now_at.anchor

    def _check_files(self) -> None:
        """Those that were checked with an earlier try, without those taken off, and the new."""
        kept = held.held(self.request.POST.get("held", "")[:100], self.now)
        off = set(self.request.POST.getlist("take_off"))
        self.files = [file for number, file in enumerate(kept) if str(number) not in off]
        fresh = self.request.FILES.getlist("attachments")
        most = settings.UPLOAD_MAX_FILES
        if len(self.files) + len(fresh) > most:
            message = ngettext("Send at most %(most)d file.", "Send at most %(most)d files.", most)
            self.file_errors.append(message % {"most": most})
            fresh = fresh[: most - len(self.files)]
        for file in fresh:
            # A scanner that did not answer once would only keep the sender waiting.
            away = any(checked.scan is Scan.WAITING for _name, checked in self.files)
            name = str(file.name or "")
            try:
                self.files.append((name, check_upload(file, scan_later=away)))
            except ValidationError as error:
                self.file_errors.append(f"{name}: {error.messages[0]}")

    # --- answers --------------------------------------------------------------------------------

    def _receipt(self, receipt: services.Receipt) -> HttpResponse:
        slug = self.announcement.slug
        path = reverse("consultations:receipt", args=[slug])
        response = HttpResponse(status=303, headers={"Location": path, "Cache-Control": NEVER_KEPT})
        changed = not receipt.created and not self._is_same(receipt)
        cookies.keep_code(self.request, response, slug, receipt.code, changed=changed, now=self.now)
        return response

    def _is_same(self, receipt: services.Receipt) -> bool:
        texts = receipt.comment.texts.values_list("text", flat=True)
        typed = self.request.POST.get("text", "").replace("\r\n", "\n").strip()
        return not typed or typed in texts

    def _again(self, *, status: int, **context: Any) -> HttpResponse:
        errors = {name: str(lines[0]) for name, lines in self.form.errors.items()}
        if self.file_errors:
            errors["attachments"] = " ".join(self.file_errors)
        return _form(
            self.request,
            self.notice,
            self.now,
            self.request.POST,
            errors=errors,
            files=self.files,
            status=status,
            **context,
        )

    def _warn(self, digest: str) -> HttpResponse:
        problem = (
            _("You have already sent this text."),
            _(
                "If you meant to, send it again with the button below. Otherwise there is nothing "
                "left to do: your first comment has arrived."
            ),
        )
        return self._again(status=422, problem=problem, again=digest)

    def _too_many(self) -> HttpResponse:
        problem = (
            _("Very many comments came from your network within the last hour."),
            _(
                "Please wait and send yours again later, or use one of the other ways to comment. "
                "Nothing was sent; what you typed is below."
            ),
        )
        response = self._again(status=429, problem=problem)
        response["Retry-After"] = str(HOUR)
        return response


def _load_key(pk: int) -> str:
    return f"consultation {pk}"


def _form(
    request: HttpRequest,
    notice: reading.Notice,
    now: datetime.datetime,
    typed: Mapping[str, Any],
    *,
    errors: Mapping[str, str] | None = None,
    problem: tuple[str, ...] = (),
    files: list[NamedFile] | None = None,
    again: str = "",
    status: int = 200,
    cache: str = NEVER_KEPT,
) -> HttpResponse:
    subject = _load_key(notice.announcement.pk)
    rate = Rate(settings.COMMENTS_PER_MINUTE, MINUTE)
    is_loaded = throttling.is_busy("comments on", subject, rate, now)
    clauses = [c for c in reading.clauses_of(notice.version) if draft.takes_comments(c)]
    chosen = typed.get("clause", "")
    context = {
        **_heading(notice, now),
        "trail": trail(notice, pgettext("verb", "Comment")),
        "typed": typed,
        "errors": errors or {},
        "problem": problem,
        "again": again,
        "clauses": [(clause.anchor, clause.number, excerpt(clause, 24)) for clause in clauses],
        "chosen": next((clause for clause in clauses if clause.anchor == chosen), None),
        "files": files or [],
        "held": held.hold(files, now) if files else "",
        "submission_id": typed.get("submission_id") or secrets.token_urlsafe(24),
        "challenge": throttling.challenge(subject, now) if is_loaded else "",
        "limits": forms,
        "contact_days": settings.CONTACT_CAP.days,
        "most_files": settings.UPLOAD_MAX_FILES,
        "megabytes": settings.UPLOAD_MAX_BYTES // 1024**2,
    }
    return show(request, "comment.html", context, status=status, cache=cache)


def _heading(notice: reading.Notice, now: datetime.datetime) -> dict[str, Any]:
    left = words.days_left(notice.period.closes_at, now)
    return {
        "notice": notice,
        "slug": notice.announcement.slug,
        "title_html": words.title(notice.page, page_language()),
        "status": notice.status(now),
        "left": left,
        "zone": words.zone(),
    }


def _not_open(
    request: HttpRequest,
    notice: reading.Notice,
    now: datetime.datetime,
    typed: Mapping[str, Any],
    *,
    status: int = 409,
) -> HttpResponse:
    context = {
        **_heading(notice, now),
        "trail": trail(notice, pgettext("verb", "Comment")),
        "typed": typed,
        "is_scheduled": notice.status(now) == Status.SCHEDULED,
        "is_withdrawn": notice.status(now) in {Status.WITHDRAWN, Status.ABANDONED},
    }
    return show(request, "not_open.html", context, status=status, cache=NEVER_KEPT)


@require_safe
def receipt(request: HttpRequest, slug: str) -> HttpResponse:
    """The receipt with its code, in the browser that sent the comment, for 30 minutes."""
    now = timezone.now()
    notice = find(slug)
    shown = cookies.code_of(request, slug, now)
    found = services.find(shown[0]) if shown else None
    context = {
        **_heading(notice, now),
        "trail": trail(notice, _("Receipt")),
        "code": shown[0] if shown and found else "",
        "changed": bool(shown and shown[1]),
        "comment": found,
        "text": found.texts.latest("seq") if found else None,
        "clause": _clause_of(found) if found else None,
        "contact_days": settings.CONTACT_CAP.days,
    }
    return show(request, "receipt.html", context, cache=NEVER_KEPT)


def _clause_of(comment: Any) -> Clause | None:
    if comment.clause_lineage is None:
        return None
    return Clause.objects.filter(
        version=comment.draft_version_id, lineage=comment.clause_lineage
    ).first()
