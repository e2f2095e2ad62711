"""The closed vocabularies of policy documents. Each axis of a document is an enum of its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """The fifteen kinds of official document, and legislation."""

    RESOLUTION = "resolution", _("Resolution")
    DECISION = "decision", _("Decision")
    ORDER = "order", _("Order")
    COMMUNIQUE = "communique", _("Communiqué")
    ANNOUNCEMENT = "announcement", _("Announcement")
    NOTICE_PUBLIC = "notice_public", _("Public notice")
    OPINIONS = "opinions", _("Opinions")
    NOTICE = "notice", _("Notice")
    CIRCULAR = "circular", _("Circular")
    REPORT = "report", pgettext_lazy("kind of document", "Report")
    REQUEST = "request", _("Request for instructions")
    REPLY = "reply", _("Reply")
    MOTION = "motion", _("Motion")
    LETTER = "letter", _("Official letter")
    MINUTES = "minutes", _("Minutes")
    LAW = "law", _("Law")
    ADMINISTRATIVE_REGULATION = "administrative_regulation", _("Administrative regulation")
    LOCAL_REGULATION = "local_regulation", _("Local regulation")
    RULES = "rules", _("Government rules")
    JUDICIAL_INTERPRETATION = "judicial_interpretation", _("Judicial interpretation")


MUST_CONSULT = frozenset({Kind.RULES, Kind.ADMINISTRATIVE_REGULATION, Kind.LOCAL_REGULATION})
"""The kinds whose drafts are put before the public, whatever they are about (规章制定程序条例
art. 15, 行政法规制定程序条例 art. 13, 立法法 art. 40)."""


WAITS = frozenset({Kind.RULES, Kind.ADMINISTRATIVE_REGULATION})
"""The kinds that take effect 30 days or more after they were issued."""


class EarlyEffect(models.TextChoices):
    """Why a document takes effect less than 30 days after it was issued (rule 12)."""

    SECURITY = "security", _("National security")
    MONETARY = "monetary", _("Exchange rates or monetary policy")
    EXECUTION = "execution", _("Waiting would hinder its execution")


class Disclosure(models.TextChoices):
    """公开属性, decided before a document is issued."""

    PROACTIVE = "proactive", _("Proactive disclosure")
    ON_REQUEST = "on_request", _("Disclosure on request")
    WITHHELD = "withheld", _("Withheld")


class Validity(models.TextChoices):
    """有效性 on a day, computed from dated effects and never stored."""

    NOT_YET = "not_yet", _("Not yet in force")
    IN_FORCE = "in_force", _("In force")
    PARTLY = "partly", _("Partly repealed")
    SUSPENDED = "suspended", _("Suspended")
    REPEALED = "repealed", _("Repealed")
    EXPIRED = "expired", _("Expired")
    UNVERIFIED = "unverified", _("Not verified")


class TextState(models.TextChoices):
    AS_ISSUED = "as_issued", _("As issued")
    CONSOLIDATED = "consolidated", _("Consolidated")
    CHANGES_OUTSTANDING = "changes_outstanding", _("Changes outstanding")


class EffectKind(models.TextChoices):
    AMENDS = "amends", _("amends")
    REPEALS = "repeals", _("repeals")
    PARTLY_REPEALS = "partly_repeals", _("partly repeals")
    REPLACES = "replaces", _("replaces")
    SUSPENDS = "suspends", _("suspends")
    EXTENDS = "extends", _("extends")
    CORRECTS = "corrects", _("corrects")


ENDING = (EffectKind.REPEALS, EffectKind.REPLACES)
CHANGING_TEXT = (EffectKind.AMENDS, EffectKind.CORRECTS)


class RelationKind(models.TextChoices):
    BASED_ON = "based_on", _("based on")
    IMPLEMENTS = "implements", _("implements")
    SUPPORTS = "supports", _("supports")
    CITES = "cites", _("cites")


class Basis(models.TextChoices):
    """Why a document could be released."""

    CONSULTED = "consulted", _("The public was consulted")
    EXEMPT = "exempt", _("Exempt from consultation")
    NOT_REQUIRED = "not_required", _("No consultation required")
    IMPORTED = "imported", _("Imported")


class ImportedStatus(models.TextChoices):
    """What an import claims of the validity of a document, or that its dates decide."""

    IN_FORCE = "现行有效", _("In force")
    EXPIRED = "已失效", _("Expired")
    AMENDED = "已被修改", _("Amended")
    UNKNOWN = "", _("Unknown")
    DATED = "dated", _("By its dates")


class InterpretationKind(models.TextChoices):
    TEXT = "text", pgettext_lazy("kind of interpretation", "Text")
    PICTURE = "picture", _("Infographic")
    VIDEO = "video", _("Video")
    QUESTIONS = "questions", _("Questions and answers")
    EXPERT = "expert", _("Expert's view")
