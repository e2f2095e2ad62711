"""A statement goes in only when it is complete, and then it stays as it is.

The database counts for itself what came in and what is unanswered (京公开办发〔2020〕4号: what was
adopted, and why the rest was not, is public with the policy).
"""

from consultations import models
from consultations.guards.sql import newest_period
from consultations.rules import DEFAULT_CONCENTRATION
from guards.registry import advisory_lock, immutable, register
from guards.sql import Rules, Sql, before_insert, for_both

IMMUTABLE = (
    models.ConcentrationRule,
    models.StatementStep,
    models.SignedStatement,
    models.SignedOpinion,
    models.SignedAnswer,
    models.Disclosure,
    models.AnswerLetter,
)
STATEMENT = "consultations_signedstatement"
PARTS = {
    "opinions_count": "consultations_signedopinion",
    "answers_count": "consultations_signedanswer",
}
_OF_IT = "FROM consultations_comment c WHERE c.announcement_id = NEW.announcement_id"
_TAKEN_BACK = "EXISTS (SELECT 1 FROM consultations_commentwithdrawal w WHERE w.comment_id = c.id)"
WITHDRAWN = (
    "EXISTS (SELECT 1 FROM consultations_withdrawal w WHERE w.announcement_id = {announcement})"
)
_LOCK = advisory_lock("consultations.intake", "NEW.announcement_id")
"""A comment committed at the same moment would be missed without it."""


def newest_statement(column: str, announcement: str = "NEW.announcement_id") -> str:
    """A column of the newest signed statement of a consultation."""
    return (
        f"(SELECT s.{column} FROM {STATEMENT} s "  # noqa: S608 - our own names
        f"WHERE s.announcement_id = {announcement} ORDER BY s.seq DESC LIMIT 1)"
    )


def _statement_rules(sql: Sql) -> Rules:
    """Each refusal with its condition, in the order in which they are asked."""
    was_withdrawn = WITHDRAWN.format(announcement="NEW.announcement_id")
    historic = (
        "EXISTS (SELECT 1 FROM consultations_announcement h "  # noqa: S608 - our own names
        f"WHERE h.id = NEW.announcement_id AND {sql.is_true('h.historic')})"
    )
    same_round = f"COALESCE({newest_statement('round')}, 0) = NEW.round"
    verdict = (
        "(SELECT m.verdict FROM consultations_moderation m WHERE m.text_id = "
        "(SELECT t.id FROM consultations_commenttext t WHERE t.comment_id = c.id "
        "ORDER BY t.seq DESC LIMIT 1) ORDER BY m.id DESC LIMIT 1)"
    )
    consents = (
        "(SELECT t.consent_publish FROM consultations_commenttext t WHERE t.comment_id = c.id "
        "ORDER BY t.seq DESC LIMIT 1)"
    )
    consents = consents if sql.postgresql else f"{consents} = 1"
    answered = (
        "EXISTS (SELECT 1 FROM consultations_signedanswer a "
        "WHERE a.statement_id = NEW.id AND a.comment_id = c.id)"
    )
    corrects = sql.differs("NEW.corrects_id", newest_statement("id"))
    return [
        ("statement_historic", historic),
        ("statement_sequence", f"NEW.seq <> 1 + COALESCE({newest_statement('seq')}, 0)"),
        ("statement_round", f"NEW.round <> COALESCE({newest_period('round')}, 0)"),
        (
            "statement_corrects",
            (
                f"({same_round} AND {corrects}) "
                f"OR (NOT ({same_round}) AND NEW.corrects_id IS NOT NULL)"
            ),
        ),
        (
            "statement_before_the_close",
            f"{newest_period('closes_at')} > {sql.now} AND NOT {was_withdrawn}",
        ),
        ("statement_of_a_withdrawn_draft", f"NEW.kind = 'adoption' AND {was_withdrawn}"),
        ("statement_without_text", "NEW.kind = 'adoption' AND NEW.final_text = ''"),
        ("statement_not_passed", f"NOT ({_passed()})"),
        ("statement_received", f"NEW.received <> (SELECT count(*) {_OF_IT})"),
        ("statement_withdrawn", f"NEW.withdrawn <> (SELECT count(*) {_OF_IT} AND {_TAKEN_BACK})"),
        (
            "statement_published",
            (
                f"NEW.published <> (SELECT count(*) {_OF_IT} AND NOT {_TAKEN_BACK} "
                f"AND {consents} AND {verdict} = 'publish')"
            ),
        ),
        (
            "statement_pending",
            (
                f"EXISTS (SELECT 1 {_OF_IT} AND NOT {_TAKEN_BACK} "
                f"AND {consents} AND {verdict} IS NULL)"
            ),
        ),
        (
            "statement_unanswered",
            (
                f"NEW.kind = 'adoption' AND "
                f"EXISTS (SELECT 1 {_OF_IT} AND NOT {_TAKEN_BACK} AND NOT {answered})"
            ),
        ),
        *(
            (
                f"statement_{what}",
                f"NEW.{what} <> (SELECT count(*) FROM {table} r WHERE r.statement_id = NEW.id)",  # noqa: S608
            )
            for what, table in PARTS.items()
        ),
        *_opinion_rules(sql),
    ]


def _passed() -> str:
    """Two people passed exactly this before the third signs it."""
    step = (
        "FROM consultations_statementstep t "
        "WHERE t.announcement_id = NEW.announcement_id AND t.digest = NEW.digest"
    )
    return (
        f"EXISTS (SELECT 1 {step} AND t.id = NEW.approval_id AND t.step = 'approved' "
        "AND t.taken_by_id = NEW.reviewed_by_id) "
        f"AND EXISTS (SELECT 1 {step} AND t.id < NEW.approval_id AND t.step = 'submitted' "
        "AND t.taken_by_id = NEW.drafted_by_id)"
    )


def _opinion_rules(sql: Sql) -> Rules:
    """What is said of each opinion is counted from the comments that it answers."""
    rule = "(SELECT r.{} FROM consultations_concentrationrule r ORDER BY r.id DESC LIMIT 1)"
    least = f"COALESCE({rule.format('people')}, {DEFAULT_CONCENTRATION.people})"
    percent = f"COALESCE({rule.format('percent')}, {DEFAULT_CONCENTRATION.percent})"
    everybody = f"(SELECT COALESCE(sum(c.people), 0) {_OF_IT} AND NOT {_TAKEN_BACK})"
    answered = (
        "FROM consultations_signedanswer a JOIN consultations_comment c ON c.id = a.comment_id "
        "WHERE a.opinion_id = o.id"
    )
    opinion = "FROM consultations_signedopinion o WHERE o.statement_id = NEW.id"
    return [
        (
            "statement_answer_elsewhere",
            (
                "EXISTS (SELECT 1 FROM consultations_signedanswer a "  # noqa: S608
                "JOIN consultations_comment c ON c.id = a.comment_id "
                "JOIN consultations_signedopinion o ON o.id = a.opinion_id "
                "WHERE a.statement_id = NEW.id AND (o.statement_id <> NEW.id "
                f"OR c.announcement_id <> NEW.announcement_id OR {_TAKEN_BACK}))"
            ),
        ),
        (
            "statement_opinion_counts",
            (
                f"EXISTS (SELECT 1 {opinion} AND (o.comments < 1 "
                f"OR o.comments <> (SELECT count(*) {answered}) "
                f"OR o.people <> (SELECT COALESCE(sum(c.people), 0) {answered})))"
            ),
        ),
        (
            "statement_concentrated",
            (
                f"EXISTS (SELECT 1 {opinion} AND NOT ({sql.is_true('o.concentrated')}) "
                f"AND (o.people >= {least} OR o.people * 100 >= {percent} * {everybody}))"
            ),
        ),
    ]


def _part_rules(sql: Sql) -> Rules:
    """What belongs to a statement goes in before it, and nothing after."""
    signed = f"SELECT 1 FROM {STATEMENT} s WHERE s.id = NEW.statement_id"  # noqa: S608
    return [("statement_is_signed", f"EXISTS ({signed})")]


def _disclosure_rules(sql: Sql) -> Rules:
    announcement = f"(SELECT s.announcement_id FROM {STATEMENT} s WHERE s.id = NEW.statement_id)"  # noqa: S608
    return [
        (
            "disclosure_of_an_older_statement",
            f"NEW.statement_id <> {newest_statement('id', announcement)}",
        )
    ]


def register_all() -> None:
    for model in IMMUTABLE:
        register(immutable(model))
    register(before_insert("statement_rules", STATEMENT, for_both(_statement_rules), lock=_LOCK))
    for what, table in PARTS.items():
        register(before_insert(f"{what}_rules", table, for_both(_part_rules)))
    register(
        before_insert("disclosure_rules", "consultations_disclosure", for_both(_disclosure_rules))
    )
