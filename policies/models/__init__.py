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
    InterpretationRelease,
    InterpretationWaiver,
    Obligation,
    ObligationLifting,
    Reinstatement,
    Release,
    Withdrawal,
)
from policies.models.terms import Audience, Subject, Territory

__all__ = [
    "Audience",
    "Correction",
    "Effect",
    "EffectReversal",
    "ImportRecord",
    "IndexCounter",
    "InterpretationPage",
    "InterpretationRelease",
    "InterpretationWaiver",
    "Obligation",
    "ObligationLifting",
    "PolicyAlias",
    "PolicyAttachment",
    "PolicyIssuer",
    "PolicyNumber",
    "PolicyPage",
    "PolicyRelation",
    "ProposedEffect",
    "Reinstatement",
    "Release",
    "Subject",
    "Territory",
    "Withdrawal",
]
