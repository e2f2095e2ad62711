"""The only writers of released facts, a subject a module.

Every function takes the moment ``now`` (aware) from its caller, works in one transaction and
raises ``Refused`` with a message for the editor when a rule forbids what was asked; then
nothing has changed. Times are stored in UTC; days are Shanghai days.
"""

from organisations.services import Refused, changed_fields, label, owner_of
from policies.services.completeness import (
    PARTS,
    drafted_interpretations,
    missing,
    refuse_if_incomplete,
)
from policies.services.corrections import released_facts
from policies.services.effects import refuse_bad_effect
from policies.services.files import (
    refuse_changing_released_file,
    refuse_saving_changed_file,
)
from policies.services.gate import must_consult, named, note_owed, pass_gate
from policies.services.indexing import reindex
from policies.services.locks import lock_releases
from policies.services.numbering import take_serials
from policies.services.obligations import lift_obligation, oblige
from policies.services.refusals import refuse_alias, refuse_if_released
from policies.services.release import publish
from policies.services.schedule import publish_scheduled
from policies.services.withdrawal import reinstate, withdraw

__all__ = [
    "PARTS",
    "Refused",
    "changed_fields",
    "drafted_interpretations",
    "label",
    "lift_obligation",
    "lock_releases",
    "missing",
    "must_consult",
    "named",
    "note_owed",
    "oblige",
    "owner_of",
    "pass_gate",
    "publish",
    "publish_scheduled",
    "refuse_alias",
    "refuse_bad_effect",
    "refuse_changing_released_file",
    "refuse_if_incomplete",
    "refuse_if_released",
    "refuse_saving_changed_file",
    "reindex",
    "reinstate",
    "released_facts",
    "take_serials",
    "withdraw",
]
