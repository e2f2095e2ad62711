"""What the database itself refuses, whoever asks.

The floor of five working days (京公开办发〔2020〕4号) is counted here from the calendar's own
rows, so that nobody can write a smaller minimum beside an early close. Announced facts and what
came in never change or vanish; a comment outside its period does not get in.
"""

from consultations import models
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


def _period_rules(sql: Sql) -> Rules:
    """Each refusal with its condition, in the order in which they are asked."""
    first, last = sql.day("NEW.opens_at"), sql.day_before("NEW.closes_at")
    days = f"FROM workdays_counting_day d WHERE d.date > {first} AND d.date <= {last}"
    live = (
        "NOT EXISTS (SELECT 1 FROM consultations_announcement a "  # noqa: S608 - our own names
        f"WHERE a.id = NEW.announcement_id AND {sql.is_true('a.historic')})"
    )
    continues = "NEW.cause IN ('extension', 'calendar')"
    starts = "NEW.cause IN ('announcement', 'round', 'restart', 'outage')"
    if sql.postgresql:
        odd = (
            "date_trunc('second', NEW.opens_at) <> NEW.opens_at OR "
            "(NEW.closes_at AT TIME ZONE 'Asia/Shanghai')::time <> '00:00'"
        )
    else:
        odd = (
            "NEW.opens_at IS NOT strftime('%Y-%m-%d %H:%M:%S', NEW.opens_at) OR "
            "NEW.closes_at IS NOT strftime('%Y-%m-%d %H:%M:%S', NEW.closes_at) OR "
            "strftime('%H%M%S', NEW.closes_at) <> '160000'"
        )
    closes, opens, rounds = (
        newest_period("closes_at"),
        newest_period("opens_at"),
        newest_period("round"),
    )
    return [
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
        ("period_back_dated", f"{live} AND {starts} AND NEW.opens_at < {sql.now}"),
        ("period_opening_moved", f"{continues} AND NEW.opens_at <> {opens}"),
        ("period_shortened", f"{continues} AND NEW.closes_at <= {closes}"),
        (
            "period_reopened",
            f"NEW.cause NOT IN ('announcement', 'round') AND {closes} <= {sql.now}",
        ),
        (
            "period_shortened",
            f"NEW.cause IN ('restart', 'outage') AND NEW.closes_at < {closes}",
        ),
        (
            "period_opening_moved",
            f"NEW.cause IN ('restart', 'outage') AND NEW.opens_at < {opens}",
        ),
        (
            "period_minimum_lowered",
            (
                f"NEW.cause IN ('extension', 'calendar') AND "
                f"NEW.minimum_closes_at < {newest_period('minimum_closes_at')}"
            ),
        ),
        ("period_round_overlaps", f"NEW.cause = 'round' AND NEW.opens_at < {closes}"),
        (
            "period_calendar_missing",
            (
                f"{live} AND {last} >= {first} AND "
                f"(SELECT count(*) {days}) <> {sql.days_between(first, last)}"
            ),
        ),
        ("period_floor", f"{live} AND COALESCE((SELECT sum(d.counts) {days}), 0) < 5"),
    ]


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
