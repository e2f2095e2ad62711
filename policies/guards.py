"""What the database itself refuses, whoever asks: released facts never change or vanish."""

from consultations.guards.answers import WITHDRAWN, newest_statement
from consultations.guards.sql import newest_period
from guards.registry import (
    Guard,
    advisory_lock,
    immutable,
    postgresql_trigger,
    refusal,
    register,
    sqlite_trigger,
)
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
_NAMED = (
    f"(SELECT a.{{}} FROM {STATEMENT} s JOIN consultations_announcement a "  # noqa: S608
    "ON a.id = s.announcement_id WHERE s.id = NEW.statement_id)"
)
_OBLIGATIONS = advisory_lock("policies.obligations", "''")
_LOCKS = " ".join(
    [
        _OBLIGATIONS,
        advisory_lock("consultations.announcement", _NAMED.format("page_id")),
        advisory_lock("consultations.intake", _NAMED.format("id")),
    ]
)
"""Release and obligation, or a new round or a late letter, may be committed at the same moment by
two connections: on PostgreSQL each would miss the other without them."""


def _owner(page: str) -> str:
    """The organisation in whose subtree a page stands."""
    return (
        "(SELECT op.organisation_id FROM organisations_organisationpage op "  # noqa: S608
        "JOIN wagtailcore_page above ON above.id = op.page_ptr_id "
        f"JOIN wagtailcore_page own ON own.id = {page} "
        "WHERE substr(own.path, 1, length(above.path)) = above.path)"
    )


_OWNER = _owner("NEW.page_id")


def _release_rules(sql: Sql) -> Rules:
    """A document appears with the answers that it owes, or it does not appear.

    The database asks for itself whether its consultation's newest round is closed, whether that
    round's newest statement is the one named, and whether anything came in since.
    """
    page = "(SELECT p.{} FROM policies_policypage p WHERE p.page_ptr_id = NEW.page_id)"
    announcement = _NAMED.format("id")
    comments = (
        "(SELECT count(*) FROM consultations_comment c WHERE c.announcement_id = s.announcement_id)"
    )
    stands = f"""
        EXISTS (SELECT 1 FROM {STATEMENT} s WHERE s.id = NEW.statement_id AND s.kind = 'adoption'
          AND s.id = {newest_statement("id", announcement)}
          AND s.round = {newest_period("round", announcement)}
          AND {newest_period("closes_at", announcement)} <= {sql.now}
          AND s.received = {comments} AND NOT {WITHDRAWN.format(announcement=announcement)})
    """  # noqa: S608 - our own names
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
    consultation = page.format("consultation_id")
    drafted = (
        "EXISTS (SELECT 1 FROM wagtailcore_revision v JOIN django_content_type t "
        "ON t.id = v.base_content_type_id WHERE t.app_label = 'wagtailcore' AND t.model = 'page' "
        "AND v.object_id = CAST(NEW.page_id AS varchar(255)))"
    )
    organisation = (
        "(SELECT e.organisation_id FROM consultations_exemption e WHERE e.id = NEW.exemption_id)"
    )
    return [
        (
            "release_of_another_consultation",
            (
                "NEW.statement_id IS NOT NULL "
                f"AND ({sql.differs(consultation, _NAMED.format('page_id'))})"
            ),
        ),
        (
            "release_names_a_consultation",
            f"NEW.statement_id IS NULL AND {consultation} IS NOT NULL",
        ),
        (
            "release_exemption_of_another",
            f"NEW.exemption_id IS NOT NULL AND ({sql.differs(_OWNER, organisation)})",
        ),
        ("release_imported_draft", f"NEW.basis = 'imported' AND {drafted}"),
        ("release_statement_stands", f"NEW.statement_id IS NOT NULL AND NOT {stands}"),
        ("release_owes_an_answer", owed),
        ("release_facts_of_the_page", as_page),
        ("release_business_question", f"NEW.basis <> 'imported' AND {unanswered}"),
    ]


def _disclosure_rules(sql: Sql) -> Rules:
    """A statement appears after its policy's row, which looks for it at the commit; or it closes,
    or corrects one that is public."""
    free = f"""
        EXISTS (SELECT 1 FROM {STATEMENT} s WHERE s.id = NEW.statement_id AND (s.kind <> 'adoption'
          OR EXISTS (SELECT 1 FROM consultations_disclosure d WHERE d.statement_id = s.corrects_id)
        ))
    """  # noqa: S608 - our own names
    named = f"EXISTS (SELECT 1 FROM {RELEASE} r WHERE r.statement_id = NEW.statement_id)"  # noqa: S608
    return [("disclosure_before_release", f"NOT ({free} OR {named})")]


def _obligation_rules(sql: Sql) -> Rules:
    return [("obligation_after_release", _RELEASED)]


def _lifting_rules(sql: Sql) -> Rules:
    """Only a legal reviewer of the organisation, or the administrator, lifts an obligation."""
    owner = _owner("(SELECT o.page_id FROM policies_obligation o WHERE o.id = NEW.obligation_id)")
    reviewer = (
        "EXISTS (SELECT 1 FROM organisations_membership m "  # noqa: S608 - our own names
        f"WHERE m.user_id = u.id AND m.role = 'reviewer' AND m.organisation_id = {owner})"
    )
    approver = (
        "EXISTS (SELECT 1 FROM auth_user u WHERE u.username = NEW.approver "  # noqa: S608
        f"AND {sql.is_true('u.is_active')} AND ({sql.is_true('u.is_superuser')} OR {reviewer}))"
    )
    return [
        ("lifting_without_reason", "trim(NEW.reason) = ''"),
        ("lifting_by_no_reviewer", f"NOT {approver}"),
    ]


def _origin_stays() -> Guard:
    """Copies owe what their original owes because they share its origin."""
    name, table = "document_origin_stays", "policies_policypage"
    refuse = f"SELECT RAISE(ABORT, '{name}');"
    changed = "OLD.origin IS NOT NEW.origin"
    body = f"IF OLD.origin IS DISTINCT FROM NEW.origin THEN {refusal(name)} END IF; RETURN NEW;"
    return Guard(
        name,
        table,
        sqlite=(sqlite_trigger(name, table, "BEFORE UPDATE OF origin", refuse, when=changed),),
        postgresql=postgresql_trigger(name, table, "BEFORE UPDATE OF origin", body),
    )


def register_all() -> None:
    for model in IMMUTABLE:
        register(immutable(model))
    register(_origin_stays())
    register(before_insert("release_rules", RELEASE, for_both(_release_rules), lock=_LOCKS))
    register(
        before_insert(
            "obligation_rules",
            "policies_obligation",
            for_both(_obligation_rules),
            lock=_OBLIGATIONS,
        )
    )
    register(
        before_insert(
            "disclosure_with_release", "consultations_disclosure", for_both(_disclosure_rules)
        )
    )
    register(before_insert("lifting_rules", "policies_obligationlifting", for_both(_lifting_rules)))
