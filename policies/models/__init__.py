"""Policy documents, one aggregate a file."""

from policies.models.interpretation import InterpretationPage
from policies.models.policy import (
    PolicyAlias,
    PolicyAttachment,
    PolicyIssuer,
    PolicyNumber,
    PolicyPage,
    PolicyRelation,
    ProposedEffect,
)
from policies.models.release import (
    Correction,
    Effect,
    EffectReversal,
    ImportRecord,
    IndexCounter,
    InterpretationCorrection,
    InterpretationRelease,
    InterpretationWaiver,
    Obligation,
    ObligationLifting,
    OlderText,
    Reinstatement,
    Release,
    Withdrawal,
)

__all__ = [
    "Correction",
    "Effect",
    "EffectReversal",
    "ImportRecord",
    "IndexCounter",
    "InterpretationCorrection",
    "InterpretationPage",
    "InterpretationRelease",
    "InterpretationWaiver",
    "Obligation",
    "ObligationLifting",
    "OlderText",
    "PolicyAlias",
    "PolicyAttachment",
    "PolicyIssuer",
    "PolicyNumber",
    "PolicyPage",
    "PolicyRelation",
    "ProposedEffect",
    "Reinstatement",
    "Release",
    "Withdrawal",
]
