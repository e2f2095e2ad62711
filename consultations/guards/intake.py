"""What the database itself refuses, whoever asks.

The floor of five working days (京公开办发〔2020〕4号) is counted here from the calendar's own
rows, so that nobody can write a smaller minimum beside an early close. Announced facts and what
came in never change or vanish; a comment outside its period does not get in.
"""

from consultations import models
from consultations.enums import Cause, Change
from consultations.guards.sql import PERIOD, newest_period
from guards.registry import immutable, register
from guards.sql import Rules, Sql, before_insert, for_both

IMMUTABLE = (
    models.Announcement,
    models.HistoricRecord,
    models.Period,
    models.DraftVersion,
    models.Clause,
    models.Withdrawal,
    models.Exemption,
    models.ExemptionRequest,
    models.ExemptionRefusal,
    models.Comment,
    models.CommentText,
    models.CommentWithdrawal,
    models.CommentReading,
    models.Moderation,
    models.MerkleRoot,
    models.MerkleLeaf,
)

AT_ONCE = 2
"""Minutes by which an opening at once may miss the moment at which its row goes in: services open
at a whole minute, by another clock."""


def _period_rules(sql: Sql) -> Rules:
    """Each refusal with its condition, in the order in which they are asked."""
    first, last = sql.day("NEW.opens_at"), sql.day_before("NEW.closes_at")
    days = f"FROM workdays_counting_day d WHERE d.date > {first} AND d.date <= {last}"
    live = (
        "NOT EXISTS (SELECT 1 FROM consultations_announcement a "  # noqa: S608 - our own names
        f"WHERE a.id = NEW.announcement_id AND {sql.is_true('a.historic')})"
    )
    causes = ", ".join(f"'{cause}'" for cause in Cause.values)
    first_of_round = "NEW.cause IN ('announcement', 'round')"
    same_round = f"NOT ({first_of_round})"
    anew = "NEW.cause IN ('restart', 'outage')"
    if sql.postgresql:
        odd = (
            "date_trunc('second', NEW.opens_at) <> NEW.opens_at OR "
            "(NEW.closes_at AT TIME ZONE 'Asia/Shanghai')::time <> '00:00'"
        )
    else:
        odd = (
            "NEW.opens_at IS NOT strftime('%Y-%m-%d %H:%M:%S', NEW.opens_at) OR "
            "NEW.closes_at IS NOT strftime('%Y-%m-%d %H:%M:%S', NEW.closes_at) OR "
            "NEW.minimum_closes_at IS NOT "
            "strftime('%Y-%m-%d %H:%M:%S', NEW.minimum_closes_at) OR "
            "strftime('%H%M%S', NEW.closes_at) <> '160000'"
        )
    closes, opens, rounds = (
        newest_period("closes_at"),
        newest_period("opens_at"),
        newest_period("round"),
    )
    return [
        ("period_cause", f"NEW.cause NOT IN ({causes})"),
        ("period_time", odd),
        (
            "period_sequence",
            (
                f"NEW.seq <> 1 + COALESCE({newest_period('seq')}, 0) OR "
                "(NEW.seq = 1) <> (NEW.cause = 'announcement') OR "
                f"NEW.round <> COALESCE({rounds}, 0) + "
                "(CASE WHEN NEW.cause IN ('announcement', 'round') THEN 1 ELSE 0 END)"
            ),
        ),
        (
            "period_withdrawn",
            (
                "EXISTS (SELECT 1 FROM consultations_withdrawal w "
                "WHERE w.announcement_id = NEW.announcement_id)"
            ),
        ),
        (
            "period_historic",
            f"NOT ({live}) AND (NEW.seq <> 1 OR NEW.closes_at > {sql.now})",
        ),
        (
            "period_back_dated",
            (
                f"({live} AND {first_of_round} AND NEW.opens_at < {sql.now}) "
                f"OR ({anew} AND NEW.opens_at < {sql.minutes_from_now(-AT_ONCE)})"
            ),
        ),
        ("period_reopened", f"{same_round} AND {closes} <= {sql.now}"),
        (
            "period_shortened",
            (
                f"{same_round} AND (NEW.closes_at < {closes} "
                f"OR (NEW.closes_at = {closes} AND NOT {anew}))"
            ),
        ),
        (
            "period_opening_moved",
            (
                f"{same_round} AND NEW.opens_at <> {opens} "
                f"AND NOT ({anew} AND NEW.opens_at > {opens} "
                f"AND NEW.opens_at <= {sql.minutes_from_now(AT_ONCE)})"
            ),
        ),
        (
            "period_minimum_lowered",
            f"{same_round} AND NEW.minimum_closes_at < {newest_period('minimum_closes_at')}",
        ),
        ("period_round_overlaps", f"NEW.cause = 'round' AND {closes} > {sql.now}"),
        (
            "period_calendar_missing",
            (
                f"{live} AND {last} >= {first} AND "
                f"(SELECT count(*) {days}) <> {sql.days_between(first, last)}"
            ),
        ),
        ("period_floor", f"{live} AND COALESCE((SELECT sum(d.counts) {days}), 0) < 5"),
    ]


def _version_rules(sql: Sql) -> Rules:
    """A text follows the one before it; one that changes in substance comes after its period."""
    changes = ", ".join(f"'{change}'" for change in Change.values)
    versions = "FROM consultations_draftversion v WHERE v.announcement_id = NEW.announcement_id"
    periods = f"FROM {PERIOD} p WHERE p.announcement_id = NEW.announcement_id"
    historic = (
        "EXISTS (SELECT 1 FROM consultations_announcement a "  # noqa: S608 - our own names
        f"WHERE a.id = NEW.announcement_id AND {sql.is_true('a.historic')})"
    )
    return [
        ("version_sequence", f"NEW.seq <> 1 + (SELECT COALESCE(max(v.seq), 0) {versions})"),
        ("version_change", f"NEW.seq > 1 AND NEW.change NOT IN ({changes})"),
        ("version_round", f"NEW.round <> COALESCE({newest_period('round')}, 0)"),
        ("version_historic", f"NEW.seq > 1 AND {historic}"),
        (
            "version_withdrawn",
            (
                "EXISTS (SELECT 1 FROM consultations_withdrawal w "
                "WHERE w.announcement_id = NEW.announcement_id)"
            ),
        ),
        *(
            (
                "version_without_period",
                (
                    f"NEW.change = '{change}' AND "
                    f"(SELECT count(*) {versions} AND v.change = '{change}') "
                    f">= (SELECT count(*) {periods} AND p.cause = '{cause}')"
                ),
            )
            for change, cause in ((Change.SUBSTANCE, Cause.RESTART), (Change.ROUND, Cause.ROUND))
        ),
    ]


def _clause_rules(sql: Sql) -> Rules:
    """The clauses go in with their version: before the ledger says that it is announced."""
    version = "json_extract(e.data, '$.version')"
    if sql.postgresql:
        version = "e.data->>'version'"
    said = f"""
        SELECT 1 FROM consultations_draftversion v
        JOIN ledger_entry e ON e.subject_type = 'consultations.announcement'
         AND e.subject_id = CAST(v.announcement_id AS text)
        WHERE v.id = NEW.version_id AND (
          (v.seq = 1 AND e.action IN ('consultation.announced', 'consultation.imported'))
          OR (e.action = 'consultation.changed' AND CAST({version} AS text) = CAST(v.seq AS text)))
    """  # noqa: S608 - our own names
    return [("clause_of_an_announced_version", f"EXISTS ({said})")]


def _of_round(moment: str, announcement: str, round_: str) -> str:
    """The newest period of a round takes what comes at ``moment``."""
    return f"""
        SELECT 1 FROM {PERIOD} p
        JOIN consultations_announcement a ON a.id = p.announcement_id
        WHERE p.announcement_id = {announcement} AND p.round = {round_}
          AND p.seq = (SELECT max(q.seq) FROM {PERIOD} q
                       WHERE q.announcement_id = {announcement} AND q.round = {round_})
          AND {{live}} AND {moment} >= p.opens_at
    """  # noqa: S608 - our own names


def _comment_rules(sql: Sql) -> Rules:
    live = f"NOT ({sql.is_true('a.historic')})"
    in_round = _of_round("NEW.received_at", "NEW.announcement_id", "NEW.round").format(live=live)
    postmarked = f"NEW.postmarked_on < {sql.day('p.closes_at')}"
    return [
        (
            "comment_withdrawn",
            (
                "NEW.channel = 'web' AND EXISTS (SELECT 1 FROM consultations_withdrawal w "
                "WHERE w.announcement_id = NEW.announcement_id "
                "AND w.withdrawn_at <= NEW.received_at)"
            ),
        ),
        (
            "comment_outside_period",
            (
                f"NOT EXISTS ({in_round} AND "
                f"((NEW.channel = 'web' AND NEW.received_at < p.closes_at) "
                f"OR (NEW.channel <> 'web' AND {postmarked})))"
            ),
        ),
    ]


def _text_rules(sql: Sql) -> Rules:
    """The first text comes with its comment; a later one before the close, and in sequence."""
    last = (
        "(SELECT max(t.seq) FROM consultations_commenttext t WHERE t.comment_id = NEW.comment_id)"
    )
    live = f"NOT ({sql.is_true('a.historic')})"
    owner = "(SELECT c.{} FROM consultations_comment c WHERE c.id = NEW.comment_id)"
    in_round = _of_round(
        "NEW.written_at", owner.format("announcement_id"), owner.format("round")
    ).format(live=live)
    return [
        (
            "comment_text_sequence",
            f"NEW.seq <> 1 + COALESCE({last}, 0)",
        ),
        (
            "comment_text_late",
            f"NEW.seq > 1 AND NOT EXISTS ({in_round} AND NEW.written_at < p.closes_at)",
        ),
    ]


def _withdrawal_rules(sql: Sql) -> Rules:
    live = f"NOT ({sql.is_true('a.historic')})"
    owner = "(SELECT c.{} FROM consultations_comment c WHERE c.id = NEW.comment_id)"
    in_round = _of_round(
        "NEW.withdrawn_at", owner.format("announcement_id"), owner.format("round")
    ).format(live=live)
    return [
        ("comment_withdrawal_late", f"NOT EXISTS ({in_round} AND NEW.withdrawn_at < p.closes_at)")
    ]


def register_all() -> None:
    for model in IMMUTABLE:
        register(immutable(model))
    register(immutable(models.CommentAttachment, allow_update_of=["scan"]))
    register(before_insert("period_rules", PERIOD, for_both(_period_rules)))
    register(before_insert("version_rules", "consultations_draftversion", for_both(_version_rules)))
    register(before_insert("clause_rules", "consultations_clause", for_both(_clause_rules)))
    register(before_insert("comment_rules", "consultations_comment", for_both(_comment_rules)))
    register(
        before_insert("comment_text_rules", "consultations_commenttext", for_both(_text_rules))
    )
    register(
        before_insert(
            "comment_withdrawal_rules",
            "consultations_commentwithdrawal",
            for_both(_withdrawal_rules),
        )
    )
