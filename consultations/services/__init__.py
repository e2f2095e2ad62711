"""The only writers of consultations, a subject a module.

Every function takes the moment ``now`` (aware) from its caller, works in one transaction and
raises ``Refused`` with a message for the reader when a rule forbids what was asked; then nothing
has changed. Times are stored in UTC; days are Shanghai days.
"""

from consultations.services.announcing import publish
from consultations.services.completeness import PARTS, missing, refuse_if_incomplete
from consultations.services.following import confirm, find_follower, follow, leave
from consultations.services.intake import (
    NotOpen,
    OffLine,
    Place,
    Receipt,
    Submission,
    amend,
    find,
    may_be_changed,
    sent_before,
    submit,
    take_back,
)
from consultations.services.legal import (
    ask_exemption,
    ensure_bases,
    exempt,
    grant_exemption,
    note_changed_basis,
    refuse_exemption,
)
from consultations.services.minimums import Facts, count, earliest_close, proposed_close
from consultations.services.moderation import mark_read, moderate
from consultations.services.periods import (
    begin_again_after_outage,
    closing_too_early,
    extend,
    follow_calendar,
    hear_of_calendar,
    lawful_close,
    refuse_alias,
    refuse_if_released,
    withdraw,
)
from consultations.services.register import (
    Entry,
    RowsRefused,
    enter_all,
    enter_off_line,
    export_with_contacts,
    note_export,
    open_contact,
)
from consultations.services.scanning import scan_waiting
from consultations.services.sealing import problems, proof, seal_due
from organisations.services import Refused

__all__ = [
    "PARTS",
    "Entry",
    "Facts",
    "NotOpen",
    "OffLine",
    "Place",
    "Receipt",
    "Refused",
    "RowsRefused",
    "Submission",
    "amend",
    "ask_exemption",
    "begin_again_after_outage",
    "closing_too_early",
    "confirm",
    "count",
    "earliest_close",
    "ensure_bases",
    "enter_all",
    "enter_off_line",
    "exempt",
    "export_with_contacts",
    "extend",
    "find",
    "find_follower",
    "follow",
    "follow_calendar",
    "grant_exemption",
    "hear_of_calendar",
    "lawful_close",
    "leave",
    "mark_read",
    "may_be_changed",
    "missing",
    "moderate",
    "note_changed_basis",
    "note_export",
    "open_contact",
    "problems",
    "proof",
    "proposed_close",
    "publish",
    "refuse_alias",
    "refuse_exemption",
    "refuse_if_incomplete",
    "refuse_if_released",
    "scan_waiting",
    "seal_due",
    "sent_before",
    "submit",
    "take_back",
    "withdraw",
]
