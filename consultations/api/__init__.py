"""Consultations as open data: the list, one with its drafts, counts and statement, its published
comments, its opinions."""

from ninja import Router

from consultations.api import answers, comments, listing, one
from consultations.api.common import TAGS, never_keep
from consultations.api.listing import result
from consultations.api.schemas import ConsultationResultOut

router = Router(tags=TAGS)
for _part in (listing, one, comments, answers):
    router.add_router("", _part.router)

__all__ = ["ConsultationResultOut", "never_keep", "result", "router"]
