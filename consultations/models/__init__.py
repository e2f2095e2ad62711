from consultations.models.announced import (
    Announcement,
    Clause,
    DraftVersion,
    Period,
    Withdrawal,
)
from consultations.models.consultation import (
    Channel,
    CitedBasis,
    ConsultationAuthority,
    ConsultationPage,
)
from consultations.models.following import Follower
from consultations.models.historic import HistoricRecord
from consultations.models.intake import (
    Comment,
    CommentAttachment,
    CommentReading,
    CommentText,
    CommentWithdrawal,
    MerkleLeaf,
    MerkleRoot,
    Moderation,
)
from consultations.models.legal import (
    Exemption,
    ExemptionRefusal,
    ExemptionRequest,
    LegalBasis,
)
from consultations.models.opinions import (
    Assignment,
    CommentGroup,
    GroupMember,
    Opinion,
    OpinionComment,
    Phrase,
)
from consultations.models.statement import (
    AnswerLetter,
    ConcentrationRule,
    Disclosure,
    SignedAnswer,
    SignedOpinion,
    SignedStatement,
    StatementDraft,
    StatementStep,
)

__all__ = [
    "Announcement",
    "AnswerLetter",
    "Assignment",
    "Channel",
    "CitedBasis",
    "Clause",
    "Comment",
    "CommentAttachment",
    "CommentGroup",
    "CommentReading",
    "CommentText",
    "CommentWithdrawal",
    "ConcentrationRule",
    "ConsultationAuthority",
    "ConsultationPage",
    "Disclosure",
    "DraftVersion",
    "Exemption",
    "ExemptionRefusal",
    "ExemptionRequest",
    "Follower",
    "GroupMember",
    "HistoricRecord",
    "LegalBasis",
    "MerkleLeaf",
    "MerkleRoot",
    "Moderation",
    "Opinion",
    "OpinionComment",
    "Period",
    "Phrase",
    "SignedAnswer",
    "SignedOpinion",
    "SignedStatement",
    "StatementDraft",
    "StatementStep",
    "Withdrawal",
]
