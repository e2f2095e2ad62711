"""What the ledger is told of announcements and exemptions, and whether their rows still are so."""

from __future__ import annotations

import datetime
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from consultations.enums import Change
from consultations.models import Announcement, DraftVersion, Exemption, Period, Withdrawal
from ledger import services as ledger
from ledger.rules import canonical

Facts = Mapping[str, Any]
_NOTHING: Facts = {}
_BEGUN = ("consultation.announced", "consultation.imported")
_GONE_ON = ("consultation.changed", "consultation.extended")


def of_announcement(announcement: Announcement) -> Facts:
    """Give what the entry of an announcement says of it."""
    return {
        "page": announcement.page_id,
        "slug": announcement.slug,
        "announced_at": _moment(announcement.announced_at),
        "procedure": str(announcement.procedure),
        "business_related": announcement.business_related,
        "historic": announcement.historic,
    }


def of_period(period: Period) -> Facts:
    """Give what the entry that begins or prolongs a period says of it."""
    return {
        "seq": period.seq,
        "round": period.round,
        "cause": str(period.cause),
        "opens_at": _moment(period.opens_at),
        "closes_at": _moment(period.closes_at),
        "minimum_closes_at": _moment(period.minimum_closes_at),
        "minimums": _digest(period.minimums),
        "shortening": str(period.shortening),
        "shortening_reason": period.shortening_reason,
        "reason": period.reason,
        "recorded_at": _moment(period.recorded_at),
        "recorded_by": period.recorded_by_id,
    }


def of_version(version: DraftVersion) -> Facts:
    """Give what the entry of a draft says of it: of its text and clauses the SHA-256."""
    clauses = [
        [c.position, c.anchor, c.kind, c.depth, c.number, c.text, c.lineage]
        for c in version.clauses.all()
    ]
    return {
        "seq": version.seq,
        "round": version.round,
        "change": str(version.change),
        "headline": version.headline,
        "text": _digest(version.text),
        "explanation": _digest(version.explanation),
        "clauses": _digest(clauses),
        "reason": version.reason,
        "published_at": _moment(version.published_at),
    }


def of_exemption(exemption: Exemption) -> Facts:
    """Give what the entry of an exemption says of it; what is confidential only as SHA-256."""
    return {
        "organisation": exemption.organisation_id,
        "request": exemption.request_id,
        "ground": str(exemption.ground),
        "matter": _digest(exemption.matter),
        "reason": _digest(exemption.reason),
        "public_statement": exemption.public_statement,
        "requested_by": exemption.requested_by_id,
        "approved_by": exemption.approved_by_id,
        "recorded_at": _moment(exemption.recorded_at),
    }


def _moment(at: datetime.datetime) -> str:
    return at.astimezone(datetime.UTC).isoformat()


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical({"value": value})).hexdigest()


def problems() -> Iterator[str]:
    """Find every announcement, period, draft, withdrawal and exemption that is not what the
    ledger was told when it was written, or is in one of the two only."""
    begun: dict[str, list[Facts]] = defaultdict(list)
    periods: dict[str, list[Facts]] = defaultdict(list)
    versions: dict[str, list[Facts]] = defaultdict(list)
    # Entries of earlier versions say that there is a row, but nothing of what it holds.
    for entry in ledger.entries(*_BEGUN, *_GONE_ON):
        key = entry.subject_id
        if entry.action in _BEGUN:
            begun[key].append(entry.data.get("announcement", _NOTHING))
        if entry.action != "consultation.extended":
            versions[key].append(entry.data.get("draft", _NOTHING))
        if entry.data.get("change") != Change.CLERICAL:
            periods[key].append(entry.data.get("period", _NOTHING))
    yield from _differences("announcement", _by_announcement(_announcements()), begun)
    yield from _differences("period", _by_announcement(_periods()), periods)
    yield from _differences("draft", _by_announcement(_versions()), versions)
    yield from _differences("withdrawal", _by_announcement(_withdrawals()), _told_withdrawals())
    exemptions = {str(row.pk): [of_exemption(row)] for row in Exemption.objects.iterator()}
    told = {entry.subject_id: [entry.data] for entry in ledger.entries("exemption.recorded")}
    yield from _differences("exemption", exemptions, told, of="")


def _announcements() -> Iterator[tuple[int, Facts]]:
    for announcement in Announcement.objects.iterator():
        yield announcement.pk, of_announcement(announcement)


def _periods() -> Iterator[tuple[int, Facts]]:
    for period in Period.objects.order_by("announcement", "seq").iterator():
        yield period.announcement_id, of_period(period)


def _versions() -> Iterator[tuple[int, Facts]]:
    rows = DraftVersion.objects.order_by("announcement", "seq").prefetch_related("clauses")
    for version in rows.iterator(500):
        yield version.announcement_id, of_version(version)


def _withdrawals() -> Iterator[tuple[int, Facts]]:
    for row in Withdrawal.objects.iterator():
        yield row.announcement_id, {"at": _moment(row.withdrawn_at), "reason": row.reason}


def _told_withdrawals() -> dict[str, list[Facts]]:
    return {
        entry.subject_id: [{"at": _moment(entry.at), "reason": entry.data["reason"]}]
        for entry in ledger.entries("consultation.withdrawn")
    }


def _by_announcement(rows: Iterable[tuple[int, Facts]]) -> dict[str, list[Facts]]:
    found: dict[str, list[Facts]] = defaultdict(list)
    for pk, facts in rows:
        found[str(pk)].append(facts)
    return found


def _differences(
    name: str,
    kept: Mapping[str, list[Facts]],
    told: Mapping[str, list[Facts]],
    of: str = " of consultation",
) -> Iterator[str]:
    for key in sorted(kept.keys() | told.keys(), key=int):
        pairs = zip_longest(kept.get(key, ()), told.get(key, ()))
        for number, (here, there) in enumerate(pairs, start=1):
            what = f"{name} {number}{of} {key}" if of else f"{name} {key}"
            if here is None or there is None:
                where = "ledger" if here is None else "register"
                yield f"{what}: only the {where} knows it"
                continue
            changed = sorted(part for part in there if here[part] != there[part])
            if changed:
                yield f"{what}: the ledger knows another {', '.join(changed)}"
