"""Writes the log, chains it, and checks the chain."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models, transaction
from django.db.models import Exists, F, Min, OuterRef

from guards.services import lock
from ledger.models import Entry, Seal
from ledger.rules import GENESIS, is_action

BATCH = 1_000
LOOK_BACK = 10_000

Verifier = Callable[[], Iterable[str]]
_verifiers: dict[str, Verifier] = {}


@dataclass(frozen=True)
class Root:
    """The end of the chain at some moment. Published elsewhere, it pins everything before it."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Problem:
    """A place where the chain does not hold."""

    seq: int
    entry_id: int | None
    reason: str

    def __str__(self) -> str:
        entry = f"entry {self.entry_id}" if self.entry_id is not None else "no entry"
        return f"{entry} (seal {self.seq}): {self.reason}"


def record(
    action: str,
    subject: models.Model | None,
    *,
    actor: AbstractUser | AnonymousUser | None = None,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """Writes one entry; call it in the transaction of the change that it tells of.

    action: small words with dots, "policy.released".
    subject: what was changed; kept by type, key and its `str()` at this moment.
    actor: who did it; None or an anonymous visitor is the system itself.
    now: the moment, aware.
    data: what else belongs to the record, as JSON; dates and times are allowed. No personal data.
    Raises ValueError for an action that is no such name.
    """
    new = entry(action, subject, actor=actor, now=now, data=data)
    new.save(force_insert=True)
    return new


def entry(
    action: str,
    subject: models.Model | None,
    *,
    actor: AbstractUser | AnonymousUser | None = None,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """As `record`, for `record_all` to write."""
    if not is_action(action):
        raise ValueError(f"An action is small words with dots, not {action!r}.")
    new = Entry(at=now, action=action, data=dict(data or {}))
    if isinstance(actor, AbstractUser):
        new.actor_id = actor.pk
        new.actor_name = (actor.get_full_name() or actor.get_username())[:300]
    if subject is not None:
        new.subject_type = subject._meta.label_lower
        new.subject_id = str(subject.pk)
        new.subject_label = str(subject)[:300]
    return new


def record_all(entries: Iterable[Entry]) -> None:
    """Writes many entries in one go; call it as `record`."""
    Entry.objects.bulk_create(list(entries))


def recorded(action: str, subject: models.Model, **data: Any) -> bool:
    """Whether the log has an entry of `action` on `subject` with these values in its `data`."""
    return Entry.objects.filter(
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        **{f"data__{key}": value for key, value in data.items()},
    ).exists()


def told(
    action: str, model: type[models.Model], keys: Iterable[Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Gives key and `data` of each entry of `action` on those objects, oldest first."""
    found = Entry.objects.filter(
        action=action,
        subject_type=model._meta.label_lower,
        subject_id__in=[str(key) for key in keys],
    )
    yield from found.order_by("pk").values_list("subject_id", "data")


def root_over(action: str, subject: models.Model, **data: Any) -> Root | None:
    """Give the place in the chain of an entry of this action with these data; it stays the same.

    None until the entry is sealed, or if there is none.
    """
    seal = Seal.objects.filter(
        entry__action=action,
        entry__subject_type=subject._meta.label_lower,
        entry__subject_id=str(subject.pk),
        **{f"entry__data__{key}": value for key, value in data.items()},
    ).first()
    return Root(seal.seq, seal.hash) if seal else None


def entries(*actions: str) -> Iterator[Entry]:
    """Gives the entries of these actions, oldest first, without holding them all in memory."""
    return Entry.objects.filter(action__in=actions).order_by("pk").iterator(BATCH)


def seal(now: datetime, *, look_back: int | None = LOOK_BACK) -> int:
    """Chains every committed entry that has no seal yet, at `now` (aware); returns how many.

    One sealer works at a time, others wait. An entry may commit after entries with higher ids, so
    the search begins `look_back` seals before the end of the chain, and with None at its beginning.
    """
    sealed = 0
    while count := _seal_batch(now, look_back):
        sealed += count
    return sealed


def _unsealed(look_back: int | None) -> models.QuerySet[Entry]:
    entries, seals = Entry.objects.order_by("pk"), Seal.objects.filter(entry=OuterRef("pk"))
    end = root()
    if look_back is not None and end is not None:
        recent = Seal.objects.filter(seq__gt=end.seq - look_back)
        # The sum keeps PostgreSQL from looking for the least along all entries, from the oldest on.
        least = recent.aggregate(least=Min(F("entry_id") + 0))["least"]
        # Both begin there, or it would compare the whole chain each time.
        entries, seals = entries.filter(pk__gte=least), seals.filter(entry__gte=least)
    return entries.filter(~Exists(seals))


def _seal_batch(now: datetime, look_back: int | None) -> int:
    if not _unsealed(look_back).exists():
        return 0  # on SQLite the transaction below would keep writers waiting for nothing
    with transaction.atomic():
        lock("ledger.seal")
        end = root() or Root(0, GENESIS)
        seals = []
        for entry in _unsealed(look_back)[:BATCH]:
            link = Seal(seq=end.seq + 1, entry=entry, sealed_at=now, previous_hash=end.hash)
            link.hash = link.expected_hash(entry)
            seals.append(link)
            end = Root(link.seq, link.hash)
        Seal.objects.bulk_create(seals)
    return len(seals)


def root() -> Root | None:
    """The end of the chain now, for publication; None before the first seal."""
    last = Seal.objects.order_by("-seq").first()
    return Root(last.seq, last.hash) if last else None


def verify(published: Iterable[Root] = ()) -> list[Problem]:
    """Every place where the chain does not hold, first to last; an empty list if it does.

    published: roots that were noted earlier. The chain must still contain them, so that a log
    rewritten from some point on, or cut short, is found too.
    """
    problems: list[Problem] = []
    expected = {known.seq: known.hash for known in published}
    end = Root(0, GENESIS)
    for link, entry in _links():
        if reason := _fault(link, entry, end):
            problems.append(Problem(link.seq, link.entry_id, reason))
        noted = expected.pop(link.seq, link.hash)
        if noted != link.hash:
            problems.append(Problem(link.seq, link.entry_id, "the published root has another hash"))
        end = Root(link.seq, link.hash)
    problems += [
        Problem(seq, None, "the chain ends before this published root") for seq in sorted(expected)
    ]
    return problems


@contextmanager
def as_of_one_moment() -> Iterator[None]:
    """What is read inside is read as of one moment, whatever others write meanwhile.

    Nothing may be written inside; inside a transaction of the caller's it is that one.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # Not `atomic`, which would keep every writer out of SQLite.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def register_verifier(name: str, verifier: Verifier) -> None:
    """Has `verify_ledger` ask `verifier` too; apps call this in `ready()`.

    verifier: yields one line for each thing that is not what the ledger vouches for.
    Raises ImproperlyConfigured if another one has the name.
    """
    if _verifiers.setdefault(name, verifier) is not verifier:
        raise ImproperlyConfigured(f"Two verifiers of the ledger are called {name}.")


def unregister_verifier(name: str) -> None:
    """Forgets the verifier."""
    _verifiers.pop(name, None)


def verify_further() -> list[str]:
    """What the registered verifiers find, each line with the verifier's name."""
    return [
        f"{name}: {problem}"
        for name, verifier in sorted(_verifiers.items())
        for problem in verifier()
    ]


def _links() -> Iterator[tuple[Seal, Entry | None]]:
    """Each seal in order with its entry, which someone may have removed."""
    seals = Seal.objects.order_by("seq").iterator(chunk_size=BATCH)
    while chunk := list(islice(seals, BATCH)):
        entries = Entry.objects.in_bulk([link.entry_id for link in chunk])
        for link in chunk:
            yield link, entries.get(link.entry_id)


def _fault(link: Seal, entry: Entry | None, end: Root) -> str:
    if link.seq != end.seq + 1:
        return f"the seals between {end.seq} and {link.seq} are gone"
    if link.previous_hash != end.hash:
        return "it does not follow the seal before it"
    if entry is None:
        return "the entry is gone"
    if link.hash != link.expected_hash(entry):
        return "the entry is not what was sealed"
    return ""
