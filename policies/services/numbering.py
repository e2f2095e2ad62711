"""Index numbers: gap-free for each organisation and year."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from guards import services as guards
from organisations.services import Refused, owner_of
from policies.models import IndexCounter, PolicyPage, Release


def insert_release(
    page: PolicyPage,
    *,
    day: datetime.date,
    now: datetime.datetime,
    organisation_code: str | None = None,
    **facts: Any,
) -> Release:
    """Give the document the next index number of its organisation and year.

    The counter's row stays locked until the commit, and a rollback gives the number back: so
    the numbers have no gap and no double, however many releases run at once.
    """
    code = organisation_code or owner_of(page).code
    serial = take_serials({(code, day.year): 1})[code, day.year]
    try:
        with transaction.atomic():
            return Release.objects.create(
                page=page,
                organisation_code=code,
                year=day.year,
                serial=serial,
                released_at=now,
                **facts,
            )
    except IntegrityError as error:
        if guards.violation(error).startswith("release_"):
            raise Refused(_("This document still owes an answer to the public.")) from error
        raise


def take_serials(wanted: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """Reserve serials: how many of each organisation's year; give the first of each."""
    codes, years = {code for code, _year in wanted}, {year for _code, year in wanted}
    IndexCounter.objects.bulk_create(
        [IndexCounter(organisation_code=code, year=year) for code, year in sorted(wanted)],
        ignore_conflicts=True,
    )
    rows = {
        (row.organisation_code, row.year): row
        for row in IndexCounter.objects.select_for_update()
        .filter(organisation_code__in=codes, year__in=years)
        .order_by("pk")
    }
    first = {key: rows[key].last + 1 for key in wanted}
    for key, count in wanted.items():
        rows[key].last += count
    IndexCounter.objects.bulk_update([rows[key] for key in wanted], ["last"])
    return first
