"""What the database itself refuses, whoever asks: released facts never change or vanish."""

from guards.registry import (
    Guard,
    advisory_lock,
    immutable,
    postgresql_trigger,
    refusal,
    register,
    sqlite_trigger,
)
from policies import models

IMMUTABLE = (
    models.Release,
    models.Correction,
    models.InterpretationWaiver,
    models.InterpretationRelease,
    models.InterpretationCorrection,
    models.Withdrawal,
    models.Reinstatement,
    models.Effect,
    models.EffectReversal,
    models.Obligation,
    models.ObligationLifting,
    models.ImportRecord,
)

_OPEN_OBLIGATION = """
    SELECT 1 FROM policies_obligation o WHERE o.page_id = NEW.page_id AND NOT EXISTS (
        SELECT 1 FROM policies_obligationlifting l WHERE l.obligation_id = o.id)
"""
_RELEASED = "SELECT 1 FROM policies_release r WHERE r.page_id = NEW.page_id"


def _refuse_insert(name: str, table: str, condition: str) -> Guard:
    """A guard that refuses to insert a row for a page while ``condition`` finds something.

    Release and obligation of one page may be committed at the same moment by two connections:
    on PostgreSQL each would miss the other without the lock.
    """
    lock = advisory_lock("policies.obligation", "NEW.page_id")
    return Guard(
        name,
        table,
        sqlite=(
            sqlite_trigger(
                name,
                table,
                "BEFORE INSERT",
                f"SELECT RAISE(ABORT, '{name}') WHERE EXISTS ({condition});",
            ),
        ),
        postgresql=postgresql_trigger(
            name,
            table,
            "BEFORE INSERT",
            f"{lock} IF EXISTS ({condition}) THEN {refusal(name)} END IF; RETURN NEW;",
        ),
    )


def register_all() -> None:
    for model in IMMUTABLE:
        register(immutable(model))
    register(_refuse_insert("release_owes_an_answer", "policies_release", _OPEN_OBLIGATION))
    register(_refuse_insert("obligation_after_release", "policies_obligation", _RELEASED))
