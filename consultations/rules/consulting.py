"""From the draft to the receipt, pure: no database, no clock.

Instants are aware datetimes; days are Shanghai days. A close is the exclusive instant 00:00 of
the day after the last one (``workdays.rules``).
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from consultations.enums import StatementKind, Status
from legaltext.numerals import NUMERALS
from legaltext.parser import parse
from legaltext.redline import redline
from legaltext.tree import Kind, LegalText, Node, squeeze
from workdays.rules import SHANGHAI as SHANGHAI
from workdays.rules import close_of as close_of
from workdays.rules import last_day as last_day
from workdays.rules import local_day as local_day

CLOSING_SOON = datetime.timedelta(hours=72)
CODE_LENGTH = 20

_BRACKETS = "()[]〔〕【】"
_ISSUED_BY = re.compile(r"关于(?:印发|发布|公布|颁布|转发)(.+)的(?:通知|公告|通告|决定|函)$")
_STAGE = re.compile(
    r"[(\[〔【][^()\[\]〔〕【】]*(?:稿|草案|修订|修正|试行|暂行)[^()\[\]〔〕【】]*[)\]〕】]$"
    r"|(?:修订|修正)?草案$|征求意见稿$"
)


# --- time ---------------------------------------------------------------------------------------


def next_minute(now: datetime.datetime) -> datetime.datetime:
    """Give the earliest whole minute at which something passed at ``now`` can open, in UTC."""
    later = now.astimezone(datetime.UTC) + datetime.timedelta(seconds=65)
    return later.replace(second=0, microsecond=0)


def running_minute(now: datetime.datetime) -> datetime.datetime:
    """Give the whole minute that has begun at ``now``, in UTC.

    What is open at ``now`` and is counted anew opens then: it is not shut for an instant, and
    the day is the same.
    """
    return now.astimezone(datetime.UTC).replace(second=0, microsecond=0)


def status(
    opens_at: datetime.datetime, closes_at: datetime.datetime, now: datetime.datetime
) -> Status:
    """Give the state at ``now`` of a consultation that was not withdrawn.

    It opens at its exact minute and is closed from ``closes_at`` on, that instant included.
    ``closing_soon`` is the part of being open with at most 72 hours left.
    """
    if now < opens_at:
        return Status.SCHEDULED
    if now >= closes_at:
        return Status.CLOSED
    return Status.CLOSING_SOON if closes_at - now <= CLOSING_SOON else Status.OPEN


def status_of(
    opens_at: datetime.datetime,
    closes_at: datetime.datetime,
    now: datetime.datetime,
    *,
    withdrawn: bool,
    statement: str | None,
) -> Status:
    """Give the state at ``now`` of any consultation; ``queries.status_expression`` is the same.

    statement: the kind of the public statement on the newest round, if there is one.
    """
    if statement == StatementKind.CLOSING:
        return Status.ABANDONED
    if withdrawn:
        return Status.WITHDRAWN
    return Status.ANSWERED if statement else status(opens_at, closes_at, now)


# --- titles -------------------------------------------------------------------------------------


def document_title(title: str) -> str:
    """Give the Chinese title of a document as it is compared with others.

    It is the same for the draft, the document and the notice that it is issued by: in NFKC,
    without what says how far it came (（征求意见稿）, （修订草案）, （试行）) and without
    关于印发…的通知 around it; of that letters and digits alone. Not for show. Empty if nothing is
    left.
    """
    text = "".join(
        char
        for char in unicodedata.normalize("NFKC", title).casefold()
        if char.isalnum() or char in _BRACKETS
    )
    if issued := _ISSUED_BY.search(text):
        text = issued[1]
    while (shorter := _STAGE.sub("", text)) != text:
        text = shorter
    return "".join(char for char in text if char.isalnum())


# --- minimums -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Minimum:
    """A provision that demands a minimum period, with to what it applies (``LegalBasis``)."""

    instrument: str
    article: str
    days: int
    unit: str
    binding: bool
    may_be_shortened: bool
    always: bool = False
    business_related: bool = False
    procedures: tuple[str, ...] = ()

    def applies(self, procedure: str, *, business_related: bool) -> bool:
        """Tell whether it applies to a draft made by ``procedure``."""
        return (
            self.always
            or (self.business_related and business_related)
            or procedure in self.procedures
        )

    def binds(self, *, shortened: bool) -> bool:
        """Tell whether the period may not be shorter than it.

        What a law demands "generally" gives way to a stated reason (重大行政决策程序暂行条例
        art. 15); "at least" does not.
        """
        return self.binding and not (shortened and self.may_be_shortened)


def applicable(
    minimums: Iterable[Minimum], procedure: str, *, business_related: bool
) -> list[Minimum]:
    """Give the minimums that apply to a draft; the longest of those that bind decides."""
    return [
        minimum
        for minimum in minimums
        if minimum.applies(procedure, business_related=business_related)
    ]


# --- the draft and its clauses ------------------------------------------------------------------

_CLAUSES = frozenset({Kind.ARTICLE, Kind.PARAGRAPH, Kind.ITEM, Kind.SUBITEM, Kind.POINT})
_HEADINGS = frozenset({Kind.PART, Kind.SUBPART, Kind.CHAPTER, Kind.SECTION, Kind.ANNEX})


@dataclass(frozen=True)
class ClauseFact:
    """A provision or a heading of a draft, in the order of the text.

    number: how it is cited, 第五条第二款. depth: 0 for an article or a heading. An article has
    its whole text, although its paragraphs, if there are several, follow as clauses.
    """

    anchor: str
    kind: str
    depth: int
    number: str
    text: str

    @property
    def takes_comments(self) -> bool:
        """Headings only arrange; the public comments on provisions."""
        return takes_comments(self.kind)


def takes_comments(kind: str) -> bool:
    """Tell whether the public comments on clauses of a kind: headings only arrange."""
    return kind in _CLAUSES


def clauses(text: str) -> list[ClauseFact]:
    """Split a draft into its clauses (编章节 as headings, 条, 款, 项), in order."""
    tree = parse(text)
    found: list[ClauseFact] = []
    for node in tree.nodes:
        _collect(node, tree, 0, found)
    return found


def _collect(node: Node, tree: LegalText, depth: int, found: list[ClauseFact]) -> None:
    label = tree.label(node.anchor)
    if node.kind in _HEADINGS:
        found.append(ClauseFact(node.anchor, node.kind.value, 0, node.title, node.text))
        for child in node.children:
            _collect(child, tree, 0, found)
        return
    text = "\n".join(part for part in (node.heading, node.text) if part)
    children = node.children
    if node.kind is Kind.ARTICLE:
        text = node.full_text
        if len(children) == 1:
            # The only paragraph is the article: a comment on one is a comment on the other.
            children = children[0].children
    found.append(ClauseFact(node.anchor, node.kind.value, depth, label, text))
    for child in children:
        _collect(child, tree, depth + 1, found)


def lineages(
    old_text: str, old: Mapping[str, int], new_text: str, *, used: int = 0
) -> dict[str, int]:
    """Give each clause of a new version the lineage that it had, or a new number.

    old: lineage by anchor in the version before; empty for the first version. A clause that was
    renumbered, moved or reworded keeps its lineage. used: the highest number that any version
    before had; new clauses get higher ones, so that a removed one's is not used again.
    """
    new = clauses(new_text)
    if not old:
        return {clause.anchor: number for number, clause in enumerate(new, start=used + 1)}
    before, after = _known(clauses(old_text)), _known(new)
    kept = {
        change.new_anchor: old[change.old_anchor]
        for change in redline(parse(old_text), parse(new_text))
        if change.new_anchor in after and change.old_anchor in before and change.old_anchor in old
    }
    _inherit(kept, before, after, old)
    unused = max(used, *old.values()) + 1
    found: dict[str, int] = {}
    for clause in new:
        number = kept.get(clause.anchor)
        if number is None or number in found.values():
            number, unused = unused, unused + 1
        found[clause.anchor] = number
    return found


def _known(found: list[ClauseFact]) -> dict[str, ClauseFact]:
    return {clause.anchor: clause for clause in found}


def _inherit(
    kept: dict[str, int],
    before: Mapping[str, ClauseFact],
    after: Mapping[str, ClauseFact],
    old: Mapping[str, int],
) -> None:
    """What a redline does not pair (an article above its paragraphs) goes by its anchor."""
    taken = set(kept.values())
    for anchor in after:
        if anchor not in kept and anchor in before and old.get(anchor) not in {None, *taken}:
            kept[anchor] = old[anchor]
            taken.add(old[anchor])


# --- what a clerical correction can be ----------------------------------------------------------

CORRECTED_CLAUSES = 5
"""In more articles than these nobody corrects slips of the pen."""

_UNITS = "工作日|自然日|日|天|周|月|年|小时|分钟|时|元|角|分|人|倍|度|平方米|公里|米|吨|公斤"
_OF_SUBSTANCE = re.compile(
    rf"[{NUMERALS}%％‰]+个?(?:{_UNITS})?|"
    "应当|必须|可以|禁止|严禁|应|须|可|不|未|无|非|免|除|仅|或|且|并|"
    "以上|以下|以内|以外|至少|至多|超过|低于|高于"
)


def beyond_clerical(old_text: str, new_text: str) -> list[str]:
    """Name the clauses because of which a new text of a draft cannot be a clerical correction.

    Empty if it can be one: the clauses are the same in number, numbering and order; at most
    ``CORRECTED_CLAUSES`` articles or headings differ; in each clause at most a tenth of its
    characters was struck out or inserted, but two always may and eleven never (blanks do not
    count); and the figures, with their units, and the words of duty, leave, exception and limit
    are the same in the same order. It cannot know that what passes is without substance.
    """
    old, new = clauses(old_text), clauses(new_text)
    before, after = _known(old), _known(new)
    if before.keys() != after.keys():
        return [
            _name(clause)
            for clause in old + new
            if (clause.anchor in before) ^ (clause.anchor in after)
        ]
    numbered = {clause.anchor: number for number, clause in enumerate(old)}
    kept = lineages(old_text, numbered, new_text)
    moved = [
        _name(clause)
        for clause, there in zip(new, old, strict=True)
        if clause.anchor != there.anchor or kept[clause.anchor] != numbered[clause.anchor]
    ]
    if moved:
        return moved
    changed = [(there, clause) for there, clause in zip(old, new, strict=True) if there != clause]
    articles = [_name(clause) for _there, clause in changed if clause.depth == 0]
    if len(articles) > CORRECTED_CLAUSES:
        return articles
    return [_name(clause) for there, clause in changed if not _is_slip(there, clause)]


def _is_slip(old: ClauseFact, new: ClauseFact) -> bool:
    before, after = (squeeze(clause.number + clause.text) for clause in (old, new))
    most = max(2, min(10, len(before) // 10))
    if Indel.distance(before, after) > most:
        return False
    return _OF_SUBSTANCE.findall(before) == _OF_SUBSTANCE.findall(after)


def _name(clause: ClauseFact) -> str:
    return clause.number or clause.text[:20]


# --- the receipt --------------------------------------------------------------------------------


def receipt_code(key: bytes, slug: str, submission_id: str) -> str:
    """Derive the code of a submission: the same one for a resend, and guessable by nobody.

    A hundred bits of an HMAC, as ``XXXXX-XXXXX-XXXXX-XXXXX`` without letters that look like
    figures.
    """
    mac = hmac.new(key, f"receipt:{slug}:{submission_id}".encode(), hashlib.sha256).digest()
    code = base64.b32encode(mac).decode()[:CODE_LENGTH].translate(_READABLE)
    return "-".join(code[start : start + 5] for start in range(0, CODE_LENGTH, 5))


_READABLE = str.maketrans("IO", "89")
_TYPED = str.maketrans("IOL", "891")


def receipt_digest(key: bytes, code: str) -> str:
    """Give what the database keeps of a code, however it was typed: any case, spaces, dashes."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum()).translate(_TYPED)
    return hmac.new(key, f"digest:{plain}".encode(), hashlib.sha256).hexdigest()


def public_id(key: bytes, number: int) -> str:
    """Give the name under which a published comment is known; it tells no order and no count."""
    mac = hmac.new(key, f"comment:{number}".encode(), hashlib.sha256).digest()
    return base64.b32encode(mac).decode()[:16].lower()
