"""The choices that are stored; their labels are what people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Procedure(TextChoices):
    """The procedure by which the document will be made; it decides which minimums apply."""

    NORMATIVE_DOCUMENT = "normative_document", _("Normative document")
    GOVERNMENT_RULES = "government_rules", _("Government rules")
    ADMINISTRATIVE_REGULATION = "administrative_regulation", _("Administrative regulation")
    LOCAL_REGULATION = "local_regulation", _("Local regulation (bill)")
    MAJOR_DECISION = "major_decision", _("Major administrative decision")
    OTHER = "other", _("Other document")


class ChannelKind(TextChoices):
    WEB = "web", _("Web form")
    EMAIL = "email", _("E-mail")
    POST = "post", _("Post")
    PHONE = "phone", _("Phone")
    FAX = "fax", _("Fax")
    MEETING = "meeting", _("Meeting")


class Cause(TextChoices):
    """Why a period row was added; the newest row is the one that counts."""

    ANNOUNCEMENT = "announcement", _("Announcement")
    EXTENSION = "extension", _("Extension")
    CALENDAR = "calendar", _("Correction of the calendar")
    OUTAGE = "outage", _("The site could not be reached at the opening")
    RESTART = "restart", _("Change of the draft in substance")
    ROUND = "round", _("New round")


class Change(TextChoices):
    """What the editor says a new text of an announced draft is."""

    CLERICAL = "clerical", _("Clerical correction")
    SUBSTANCE = "substance", _("Change in substance")
    ROUND = "round", _("New round")


class Status(TextChoices):
    """Computed from the clock, never stored."""

    SCHEDULED = "scheduled", _("Opens soon")
    OPEN = "open", _("Open for comments")
    CLOSING_SOON = "closing_soon", _("Closing soon")
    CLOSED = "closed", _("Closed")
    ANSWERED = "answered", _("Answered")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ABANDONED = "abandoned", _("Abandoned")


class Shortening(TextChoices):
    """Why a period that a law only "generally" demands is shorter (rule 2)."""

    EMERGENCY = "emergency", _("Response to an emergency")
    PUBLIC_SAFETY = "public_safety", _("Public safety or public health")
    DEADLINE = "deadline", _("Deadline set by a superior law or authority")
    BENEFIT = "benefit", _("Delay would harm those whom the measure benefits")


class ExemptionGround(TextChoices):
    """Why no comments are asked for (rule 3)."""

    CONFIDENTIAL = "confidential", _("Confidential by law")
    EMERGENCY = "emergency", _("Emergency")


class Verdict(TextChoices):
    PUBLISH = "publish", _("Published")
    WITHHOLD = "withhold", _("Withheld")


class Withheld(TextChoices):
    """The fixed list of reasons for which a comment is not shown; counted in public."""

    NO_CONSENT = "no_consent", _("The author did not agree to publication")
    PERSONAL_DATA = "personal_data", _("It tells of somebody's private affairs")
    ABUSIVE = "abusive", _("It insults or threatens somebody")
    ADVERTISING = "advertising", _("It is advertising")
    UNLAWFUL = "unlawful", _("The law forbids its publication")
    RIGHTS = "rights", _("It would infringe the rights of others")


class Suspicion(TextChoices):
    """Why a comment waits for an officer before anything else is done with it."""

    UNDER_LOAD = "under_load", _("Sent without the challenge while very many were sent")
    REPEATED = "repeated", _("The same text was sent before")
    UNSCANNED = "unscanned", _("An attachment could not be scanned")


class CommentState(TextChoices):
    """What became of a comment; each is in exactly one, so the counts add up."""

    PENDING = "pending", _("Waiting to be read")
    PUBLISHED = "published", _("Published")
    WITHHELD = "withheld", _("Not published")
    WITHDRAWN = "withdrawn", _("Withdrawn by its author")


class Disposition(TextChoices):
    """What becomes of an opinion."""

    ADOPTED = "adopted", pgettext_lazy("opinion", "Adopted")
    PARTLY_ADOPTED = "partly_adopted", _("Partly adopted")
    NOT_ADOPTED = "not_adopted", _("Not adopted")
    ALREADY_COVERED = "already_covered", _("Already covered")
    OUT_OF_SCOPE = "out_of_scope", _("Out of scope")


class GroupState(TextChoices):
    """A machine proposes which comments are one; an officer decides."""

    PROPOSED = "proposed", _("Proposed")
    CONFIRMED = "confirmed", _("Confirmed")


class StatementKind(TextChoices):
    ADOPTION = "adoption", _("Adoption statement")
    CLOSING = "closing", _("Closing statement")


class Step(TextChoices):
    """The way of a statement: three people, one a step."""

    SUBMITTED = "submitted", _("Submitted for legal review")
    RETURNED = "returned", _("Returned to the drafter")
    APPROVED = "approved", _("Passed by the legal review")
