"""How the two databases say the same things, and the guard that asks before a row goes in."""

from collections.abc import Callable

from guards.registry import Guard, postgresql_trigger, refusal, sqlite_trigger

Rules = list[tuple[str, str]]
"""The name of each refusal with the condition, in SQL, under which it is raised."""


class Sql:
    """How the two databases say the same things."""

    def __init__(self, vendor: str) -> None:
        self.postgresql = vendor == "postgresql"
        self.now = "(SELECT now FROM site_now)"

    def minutes_from_now(self, minutes: int) -> str:
        """So many minutes after the site's moment, or before it."""
        if self.postgresql:
            return f"({self.now} + interval '{minutes} minutes')"
        return f"strftime('%Y-%m-%d %H:%M:%S', {self.now}, '{minutes:+} minutes')"

    def day(self, moment: str) -> str:
        """The Shanghai day of a stored moment."""
        if self.postgresql:
            return f"({moment} AT TIME ZONE 'Asia/Shanghai')::date"
        return f"date({moment}, '+8 hours')"

    def day_before(self, moment: str) -> str:
        if self.postgresql:
            return f"({self.day(moment)} - 1)"
        return f"date({moment}, '+8 hours', '-1 day')"

    def days_between(self, first: str, last: str) -> str:
        if self.postgresql:
            return f"({last} - {first})"
        return f"CAST(julianday({last}) - julianday({first}) AS INTEGER)"

    def differs(self, one: str, other: str) -> str:
        """Two values of which either may be NULL."""
        return f"{one} IS DISTINCT FROM {other}" if self.postgresql else f"{one} IS NOT {other}"

    @property
    def false(self) -> str:
        return "false" if self.postgresql else "0"

    def is_true(self, column: str) -> str:
        return column if self.postgresql else f"{column} = 1"


def before_insert(name: str, table: str, rules: dict[str, Rules], *, lock: str = "") -> Guard:
    """A guard that asks rule after rule before a row goes in.

    lock: an ``advisory_lock`` to be held from before the first question on.
    """
    body = " ".join(
        f"SELECT RAISE(ABORT, '{reason}') WHERE {condition};"
        for reason, condition in rules["sqlite"]
    )
    checks = " ".join(
        f"IF {condition} THEN {refusal(reason)} END IF;"
        for reason, condition in rules["postgresql"]
    )
    return Guard(
        name,
        table,
        sqlite=(sqlite_trigger(name, table, "BEFORE INSERT", body),),
        postgresql=postgresql_trigger(name, table, "BEFORE INSERT", f"{lock} {checks} RETURN NEW;"),
    )


def for_both(rules: Callable[[Sql], Rules]) -> dict[str, Rules]:
    return {vendor: rules(Sql(vendor)) for vendor in ("sqlite", "postgresql")}
