"""Followers: an address is asked for, confirms from its own mailbox, and leaves with one click."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consultations import forms, services
from consultations.presenters import words
from consultations.views.commenting import HOUR, limited
from consultations.views.frame import LIVE, NEVER_KEPT, find, page_language, show, trail


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for an address; the answer is the same whether it follows already."""
    notice = find(slug)
    context = {
        "notice": notice,
        "slug": slug,
        "title_html": words.title(notice.page, page_language()),
        "trail": trail(notice, _("Follow by e-mail")),
        "contact_days": settings.CONTACT_CAP.days,
    }
    if request.method != "POST":
        return show(request, "follow.html", context, cache=f"{LIVE}, private")
    now = timezone.now()
    form = forms.FollowForm(request.POST)
    context["typed"] = request.POST.get("email", "")[: forms.LONGEST_EMAIL]
    if not form.is_valid():
        context["error"] = str(form.errors["email"][0])
        return show(request, "follow.html", context, status=422, cache=NEVER_KEPT)
    if limited(request, "follow", settings.COMMENTS_PER_HOUR, now):
        context["error"] = _("Very many addresses were entered from your network. Try again later.")
        response = show(request, "follow.html", context, status=429, cache=NEVER_KEPT)
        response["Retry-After"] = str(HOUR)
        return response
    services.follow(
        notice.announcement, form.cleaned_data["email"], language=page_language(), now=now
    )
    return show(request, "follow.html", context | {"sent": True}, cache=NEVER_KEPT)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def following(request: HttpRequest, token: str) -> HttpResponse:
    """What the address in a letter leads to: confirm, or leave.

    Reading changes nothing, since mail programs open addresses by themselves. The token is the
    proof, so that a mail program's own button can leave (RFC 8058).
    """
    follower = services.find_follower(token)
    if follower is None:
        raise Http404
    now = timezone.now()
    if request.method == "POST":
        if request.POST.get("action") == "confirm" and follower.left_at is None:
            services.confirm(follower, now=now)
        else:
            services.leave(follower, now=now)
    context = {
        "follower": follower,
        "title_html": words.title(follower.announcement.page, page_language()),
        "consultation_url": follower.announcement.get_absolute_url(),
        "trail": trail(None, _("Follow by e-mail")),
    }
    return show(request, "following.html", context, cache=NEVER_KEPT)
