"""What never happens to a released document."""

from __future__ import annotations

from django.utils.translation import gettext as _
from wagtail.models import Page

from organisations.services import Refused
from policies.models import InterpretationRelease, Release


def refuse_if_released(page: Page) -> None:
    """Raise ``Refused`` for what would make a released document disappear, below it too."""
    pages = Page.objects.descendant_of(page, inclusive=True)
    if (
        Release.objects.filter(page__in=pages).exists()
        or InterpretationRelease.objects.filter(page__in=pages).exists()
    ):
        raise Refused(_("It is released and stays public. Withdraw it with a reason instead."))


def refuse_alias() -> None:
    """Raise ``Refused``, always: an alias would be a second address of one document."""
    raise Refused(_("A document cannot have an alias; it has one permanent address."))
