"""What the database itself refuses, whoever asks: released facts never change or vanish."""

from consultations.guards.answers import newest_statement
from consultations.guards.sql import newest_period
from guards.registry import advisory_lock, immutable, register
from guards.sql import Rules, Sql, before_insert, for_both
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

RELEASE = "policies_release"
STATEMENT = "consultations_signedstatement"
_RELEASED = f"EXISTS (SELECT 1 FROM {RELEASE} r WHERE r.page_id = NEW.page_id)"  # noqa: S608
_LOCK = advisory_lock("policies.obligations", "''")
"""Release and obligation may be committed at the same moment by two connections: on PostgreSQL
each would miss the other without it."""


def _release_rules(sql: Sql) -> Rules:
    """A document appears with the answers that it owes, or it does not appear.

    The database asks for itself whether its consultation's newest round is closed, whether that
    round's newest statement is the one named, and whether anything came in since.
    """
    page = "(SELECT p.{} FROM policies_policypage p WHERE p.page_ptr_id = NEW.page_id)"
    announcement = f"(SELECT s.announcement_id FROM {STATEMENT} s WHERE s.id = NEW.statement_id)"  # noqa: S608
    comments = (
        "(SELECT count(*) FROM consultations_comment c WHERE c.announcement_id = s.announcement_id)"
    )
    stands = f"""
        EXISTS (SELECT 1 FROM {STATEMENT} s WHERE s.id = NEW.statement_id AND s.kind = 'adoption'
          AND s.id = {newest_statement("id", announcement)}
          AND s.round = {newest_period("round", announcement)}
          AND {newest_period("closes_at", announcement)} <= {sql.now}
          AND s.received = {comments})
    """  # noqa: S608 - our own names
    disclosed = (
        "EXISTS (SELECT 1 FROM consultations_disclosure d WHERE d.statement_id = NEW.statement_id)"
    )
    owed = f"""
        EXISTS (SELECT 1 FROM policies_obligation o
          WHERE (o.page_id = NEW.page_id OR o.origin = {page.format("origin")})
          AND NOT EXISTS (SELECT 1 FROM policies_obligationlifting l WHERE l.obligation_id = o.id)
          AND NOT (CASE WHEN o.announcement_id IS NULL
            THEN NEW.exemption_id IS NOT NULL OR NEW.statement_id IS NOT NULL
            ELSE COALESCE(o.announcement_id = {announcement}, {sql.false}) END))
    """  # noqa: S608 - our own names
    as_page = " OR ".join(
        f"({sql.differs(f'NEW.{column}', page.format(column))})"
        for column in ("kind", "business_related")
    )
    unanswered = "NEW.business_related IS NULL"
    return [
        ("release_statement_stands", f"NEW.statement_id IS NOT NULL AND NOT {stands}"),
        ("release_statement_disclosed", f"NEW.statement_id IS NOT NULL AND NOT {disclosed}"),
        ("release_owes_an_answer", owed),
        ("release_facts_of_the_page", as_page),
        ("release_business_question", f"NEW.basis <> 'imported' AND {unanswered}"),
    ]


def _obligation_rules(sql: Sql) -> Rules:
    return [("obligation_after_release", _RELEASED)]


def register_all() -> None:
    for model in IMMUTABLE:
        register(immutable(model))
    register(before_insert("release_rules", RELEASE, for_both(_release_rules), lock=_LOCK))
    register(
        before_insert(
            "obligation_rules", "policies_obligation", for_both(_obligation_rules), lock=_LOCK
        )
    )
