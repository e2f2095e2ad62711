"""Word files for the file of a consultation: 意见采纳情况汇总表, and the statement itself.

They are in Chinese, whatever language the officer works in. Until it is signed, every page of one
says that it is a draft.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import docx
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from consultations import outcome, rules, services
from consultations.enums import ChannelKind, CommentState, Disposition, StatementKind, Withheld
from consultations.models import Announcement, SignedStatement, StatementDraft, Withdrawal
from consultations.presenters import statement as presented
from multilingual.languages import SOURCE

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY, HEADINGS = "仿宋", "黑体"
A4 = (Mm(210), Mm(297))
WIDTHS = (Mm(16), Mm(66), Mm(14), Mm(14), Mm(20), Mm(22), Mm(72), Mm(33))
_UNPRINTABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Told:
    """What the documents tell: of the signed statement, or as it would be now.

    authorities: their names on the day of ``at``, the leading one first. rounds: as
    ``presenters.statement.rounds`` gives them. opinions: as ``services.Content`` has them.
    signed: ``None`` for a draft. at: when it was signed, or when the draft was read.
    """

    title: str
    authorities: Sequence[str]
    policy: str
    kind: str
    words: str
    correction_reason: str
    totals: Mapping[str, Any]
    rounds: Sequence[Mapping[str, Any]]
    concentration: Mapping[str, int]
    opinions: Sequence[Mapping[str, Any]]
    signed: SignedStatement | None
    at: datetime.datetime

    @property
    def mark(self) -> str:
        """What a draft says of itself on every page; empty once it is signed."""
        if self.signed is not None:
            return ""
        return _("Draft of %(day)s, not signed") % {"day": rules.local_day(self.at).isoformat()}


def told(announcement: Announcement, now: datetime.datetime) -> Told:
    """Give what the documents tell: the signed statement of the newest round, unless its
    correction has been begun; else the draft."""
    final = outcome.final_text(announcement)
    periods = list(announcement.periods.order_by("seq"))
    signed = announcement.statements.filter(round=periods[-1].round).order_by("-seq").first()
    correcting = (
        StatementDraft.objects.filter(announcement=announcement)
        .exclude(correction_reason="")
        .exists()
    )
    if correcting:
        signed = None
    source: Any = signed or services.content(announcement)
    opinions = list(signed.opinions.values()) if signed else source.opinions
    withdrawal = Withdrawal.objects.filter(announcement=announcement).first()
    at = signed.signed_at if signed else now
    bodies = announcement.page.authorities.select_related("organisation")
    return Told(
        title=announcement.versions.latest("seq").headline,
        authorities=[body.organisation.name_on(rules.local_day(at), SOURCE) for body in bodies],
        policy=final.title if final and source.kind == StatementKind.ADOPTION else "",
        kind=source.kind,
        words=source.words,
        correction_reason=source.correction_reason,
        totals=source.totals,
        rounds=presented.rounds(source, periods, withdrawal.withdrawn_at if withdrawal else None),
        concentration=source.concentration,
        opinions=opinions,
        signed=signed,
        at=at,
    )


def opinions(said: Told) -> bytes:
    """Write the table of all opinions and what became of each, for the file."""
    with override(SOURCE):
        document = _document(said, _("Opinions and how they were treated"), landscape=True)
        _numbers_in_words(document, said)
        if said.opinions:
            _paragraph(document, _rule(said))
        _table(
            document,
            [
                _("Number"),
                _("Opinion"),
                _("People"),
                _("Comments"),
                _("Concentrated"),
                _("Treatment"),
                _("Reason"),
                _("Changed clauses"),
            ],
            [
                [
                    rules.opinion_code(opinion["number"]),
                    opinion["text"],
                    opinion["people"],
                    opinion["comments"],
                    _("Yes") if opinion["concentrated"] else "",
                    _treatment(opinion),
                    opinion["reason"],
                    _clauses(opinion),
                ]
                for opinion in said.opinions
            ],
            widths=WIDTHS,
        )
        _signatures(document, said)
        return _bytes(document)


def statement(said: Told) -> bytes:
    """Write the statement: what came in, and each opinion with its treatment and its reason."""
    with override(SOURCE):
        document = _document(said, str(StatementKind(said.kind).label), landscape=False)
        if said.correction_reason:
            words = _("This corrects an earlier statement: %(reason)s")
            _paragraph(document, words % {"reason": said.correction_reason})
        for line in said.words.splitlines():
            _paragraph(document, line)
        document.add_heading(_("When comments were taken"), level=1)
        _dates(document, said)
        document.add_heading(_("What came in"), level=1)
        _numbers(document, said)
        if said.kind == StatementKind.ADOPTION:
            document.add_heading(_("What became of it"), level=1)
            _paragraph(document, _rule(said) if said.opinions else _("No comments were received."))
            for opinion in said.opinions:
                _opinion(document, opinion)
        _signatures(document, said)
        return _bytes(document)


# --- parts --------------------------------------------------------------------------------------


def _opinion(document: Any, opinion: Mapping[str, Any]) -> None:
    code = rules.opinion_code(opinion["number"])
    document.add_heading(_plain(f"{code}　{opinion['text']}"), level=2)
    held = ngettext("%(n)d person", "%(n)d people", opinion["people"]) % {"n": opinion["people"]}
    if opinion["concentrated"]:
        held = f"{held}（{_('Concentrated')}）"
    _labelled(document, _("Held by"), held)
    _labelled(document, _("Treatment"), _treatment(opinion))
    if opinion["reason"]:
        _labelled(document, _("Reason"), opinion["reason"])
    if _clauses(opinion):
        _labelled(document, _("Changed clauses"), _clauses(opinion))


def _rule(said: Told) -> str:
    words = _("An opinion is concentrated with %(people)d people, or with %(percent)d percent.")
    return words % said.concentration


def _treatment(opinion: Mapping[str, Any]) -> str:
    value = opinion["disposition"]
    return str(Disposition(value).label) if value else _("undecided")


def _clauses(opinion: Mapping[str, Any]) -> str:
    changed = [clause["number"] for clause in opinion["changed_clauses"]]
    removed = [
        _("%(clause)s of the draft, removed") % {"clause": clause["number"]}
        for clause in opinion["removed_clauses"]
    ]
    return "；".join([*changed, *removed])


def _numbers_in_words(document: Any, said: Told) -> None:
    totals = said.totals
    words = _(
        "Received %(received)d: published %(published)d, not published %(withheld)d, "
        "taken back %(withdrawn)d. People behind them: %(people)d."
    )
    _paragraph(document, words % totals)


def _dates(document: Any, said: Told) -> None:
    """When each round opened, and when it closed or a withdrawal cut it off."""
    _table(
        document,
        ["", pgettext("a consultation", "Opened"), pgettext("a consultation", "Closed"), _("Days")],
        [
            [_round(item), _minute(item["opens_at"]), _ended(item), item["days"]]
            for item in said.rounds
        ],
    )
    _paragraph(document, _("Beijing time, UTC+8"))


def _round(item: Mapping[str, Any]) -> str:
    return _("Round %(n)s") % {"n": item["round"]}


def _minute(moment: datetime.datetime) -> str:
    return f"{moment.astimezone(rules.SHANGHAI):%Y-%m-%d %H:%M}"


def _ended(item: Mapping[str, Any]) -> str:
    if item["is_cut"]:
        return f"{pgettext('a consultation', 'Withdrawn')} {_minute(item['ended_at'])}"
    return f"{rules.last_day(item['ended_at']).isoformat()} 24:00"


def _numbers(document: Any, said: Told) -> None:
    states = [CommentState.PUBLISHED, CommentState.WITHHELD, CommentState.WITHDRAWN]
    if said.totals[CommentState.PENDING]:
        states.append(CommentState.PENDING)
    rounds = [
        (_round(item), said.totals["rounds"].get(str(item["round"]), {})) for item in said.rounds
    ]
    altogether = [*rounds, (_("Altogether"), said.totals)]
    keys = ["received", *states, "people"]
    _table(
        document,
        [
            "",
            pgettext("comments", "Received"),
            *(str(state.label) for state in states),
            _("People"),
        ],
        [[name, *(totals.get(key, 0) for key in keys)] for name, totals in altogether],
    )
    choices: Any
    for title, counted, choices in (
        (_("By channel"), "by_channel", ChannelKind),
        (_("Not published, by reason"), "withheld_by_reason", Withheld),
    ):
        columns = [totals.get(counted, {}) for _name, totals in altogether]
        lines = [choice for choice in choices if columns[-1].get(choice)]
        if lines:
            _paragraph(document, title)
            _table(
                document,
                ["", *(name for name, _totals in altogether)],
                [
                    [str(choice.label), *(counts.get(choice, 0) for counts in columns)]
                    for choice in lines
                ],
            )


def _signatures(document: Any, said: Told) -> None:
    signed = said.signed
    if signed is None:
        _paragraph(document, said.mark)
        return
    for label, user in (
        (_("Drafted by"), signed.drafted_by),
        (_("Legal review"), signed.reviewed_by),
        (_("Signed by"), signed.signed_by),
    ):
        _labelled(document, label, user.get_full_name() or user.get_username())
    _labelled(document, _("Signed on"), rules.local_day(signed.signed_at).isoformat())
    _labelled(document, _("SHA-256 of what was signed"), signed.digest)


# --- Word ---------------------------------------------------------------------------------------


def _document(said: Told, name: str, *, landscape: bool) -> Any:
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = reversed(A4) if landscape else A4
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(25)
    _set_font(document.styles["Normal"], BODY, 11)
    _set_font(document.styles["Title"], HEADINGS, 20)
    _set_font(document.styles["Heading 1"], HEADINGS, 15)
    _set_font(document.styles["Heading 2"], HEADINGS, 12)
    about = document.core_properties
    about.author, about.title, about.comments = "", _plain(f"{said.title} {name}"), ""
    about.created = about.modified = said.at
    if said.mark:
        mark = section.header.paragraphs[0]
        mark.alignment = WD_ALIGN_PARAGRAPH.CENTER
        mark.add_run(said.mark).bold = True
    title = document.add_paragraph(_plain(f"《{said.title}》{name}"), style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _labelled(document, _("Issuing authorities"), "、".join(said.authorities))
    if said.policy:
        _labelled(document, _("Final text"), f"《{said.policy}》")
    return document


def _set_font(style: Any, name: str, points: int) -> None:
    """Set a font for Chinese letters too, which Word keeps apart from the Latin ones."""
    style.font.name, style.font.size = name, Pt(points)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(script), None)
    fonts.set(qn("w:eastAsia"), name)


def _plain(text: Any) -> str:
    """Leave out what XML cannot hold."""
    return _UNPRINTABLE.sub("", str(text))


def _paragraph(document: Any, text: str) -> None:
    document.add_paragraph(_plain(text))


def _labelled(document: Any, label: str, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.add_run(_plain(f"{label}：")).bold = True
    paragraph.add_run(_plain(text))


def _table(
    document: Any,
    heads: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    widths: Sequence[Any] = (),
) -> None:
    """Add a table whose head, if it has one, stands on every page and whose rows stay whole."""
    lines = [heads, *rows] if heads else rows
    table = document.add_table(rows=len(lines), cols=len(lines[0]), style="Table Grid")
    table.autofit = not widths
    # Each call of `table.cell` walks the whole table.
    cells = iter(table._cells)
    for number, (row, values) in enumerate(zip(table.rows, lines, strict=True)):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if heads and number == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for place, value in enumerate(values):
            cell = next(cells)
            run = cell.paragraphs[0].add_run(_plain(value))
            run.bold = bool(heads) and number == 0
            if widths:
                cell.width = widths[place]


def _bytes(document: Any) -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()
