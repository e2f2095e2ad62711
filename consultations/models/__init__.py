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

__all__ = [
    "Announcement",
    "Channel",
    "CitedBasis",
    "Clause",
    "Comment",
    "CommentAttachment",
    "CommentReading",
    "CommentText",
    "CommentWithdrawal",
    "ConsultationAuthority",
    "ConsultationPage",
    "DraftVersion",
    "Exemption",
    "ExemptionRefusal",
    "ExemptionRequest",
    "Follower",
    "LegalBasis",
    "MerkleLeaf",
    "MerkleRoot",
    "Moderation",
    "Period",
    "Withdrawal",
]
