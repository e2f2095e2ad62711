"""Uploaded pictures at their own address; documents have Wagtail's, with a hook."""

from __future__ import annotations

import posixpath

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve
from wagtail.images import get_image_model

from organisations import access

AVATARS = "avatar_images/"
NO_SCRIPT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    """Give a picture that a public page shows; to editors also those of their organisation.

    Everything else that was ever stored stays closed: documents, the originals of pictures, what
    citizens sent. An address that is opened by itself downloads, so no script in a picture runs.
    """
    if posixpath.normpath(path) != path:
        raise Http404
    kept = path.startswith(AVATARS) and request.user.has_perm("wagtailadmin.access_admin")
    if not kept and not _may_have(request, path):
        raise Http404
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Content-Disposition"] = "attachment"
    response.headers["Content-Security-Policy"] = NO_SCRIPT
    if request.user.is_authenticated:
        response.headers["Cache-Control"] = "private"
    return response


def _may_have(request: HttpRequest, path: str) -> bool:
    images = get_image_model()
    rendition = images.get_rendition_model().objects.filter(file=path).first()
    if rendition is not None:
        return access.may_have_file(request.user, rendition.image)
    original = images.objects.filter(file=path)
    return (
        request.user.is_authenticated
        and access.images_within_reach(request.user).filter(pk__in=original).exists()
    )
