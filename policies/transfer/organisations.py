"""The organisations of an import: made as they are stated, the higher before the lower."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.core.exceptions import ValidationError

from organisations.models import Organisation
from organisations.services import establish, merge, rename
from policies.transfer.rows import AuthorityRow, OrganisationRow


def bring_in(stated: Sequence[AuthorityRow], *, now: datetime.datetime) -> None:
    """Make those of the organisations that are not there, with their names, parents and
    successors; one whose code is known stays as it is.

    Call it in a transaction, in Chinese. Raises ``ValidationError`` for a parent or successor
    that is nowhere, and for parents in a circle.
    """
    named = {
        code
        for row in stated
        for code in (row.code, row.parent, *(s.successor for s in row.successions))
    }
    known = {o.code: o for o in Organisation.objects.filter(code__in=named - {None})}
    made = waiting = [row for row in stated if row.code not in known]
    while waiting:
        ready = [row for row in waiting if row.parent is None or row.parent in known]
        if not ready:
            raise ValidationError(f"organisations: there is no parent {waiting[0].parent}")
        for row in ready:
            parent = known[row.parent] if row.parent else None
            known[row.code] = establish_stated(row, parent=parent, now=now)
        waiting = [row for row in waiting if row.code not in known]
    for row in made:
        for succession in row.successions:
            successor = known.get(succession.successor)
            if successor is None:
                raise ValidationError(
                    f"organisations: there is no successor {succession.successor}"
                )
            merge([known[row.code]], [successor], on=succession.on, now=now)


def establish_stated(
    stated: OrganisationRow, *, parent: Organisation | None = None, now: datetime.datetime
) -> Organisation:
    """Make an organisation with its names, of which the first is valid from the beginning."""
    first, *later = sorted(stated.names, key=lambda n: n.valid_from or datetime.date.min)
    organisation = establish(
        stated.code,
        level=stated.level,
        names=first.name,
        short_names=first.short_name,
        parent=parent,
        verified=stated.verified,
        now=now,
    )
    for name in later:
        rename(
            organisation,
            name.name,
            valid_from=name.valid_from or datetime.date.min,
            short_names=name.short_name,
            now=now,
        )
    return organisation
