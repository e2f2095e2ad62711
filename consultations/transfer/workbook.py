"""The register as XLSX: written for officers, and read from the template that they fill in."""

from __future__ import annotations

import datetime
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

import openpyxl
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from consultations.enums import ChannelKind, CommentState, Withheld
from consultations.officers.forms import OFF_LINE, STATES, clause_choices, clause_label, labels
from consultations.register import KnownClause, Row
from consultations.rules import SHANGHAI
from multilingual.languages import CODES, LANGUAGES, SOURCE
from personaldata.rules import Contact

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_000
MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_COLUMNS = 40
COLUMNS = (
    "channel",
    "postmarked_on",
    "people",
    "language",
    "clause",
    "text",
    "represents",
    "consent_publish",
    "name",
    "email",
    "phone",
    "originals",
)
NEEDED = ("channel", "postmarked_on", "text")
TEXTS = ("text", "represents", "name", "email", "phone", "originals")
WIDE, NARROW = 60, 18
RISKY = frozenset("=+-@#\t\r\n")
"""What a text may begin with that a spreadsheet takes for a formula, or for its error."""
YES = ("1", "x", "✓", "√")


class NotReadable(Exception):
    """The file is no workbook that follows the template; the message says why."""


def disposition(name: str) -> str:
    """Give the header that makes an answer a download of this name."""
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


# --- writing ------------------------------------------------------------------------------------


def _cell(sheet: Any, value: Any, *, bold: bool = False, wrap: bool = False) -> Any:
    """A cell that is never a formula, whatever somebody wrote: text stays text."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    is_risky = isinstance(value, str) and value[:1] in RISKY
    if not (is_risky or bold or wrap):
        return value  # a plain value is written five times as fast
    cell = WriteOnlyCell(sheet, value)
    if is_risky:
        cell.data_type = "s"
        # Also when the cell is edited, or saved from there as another kind of file.
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    if wrap:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _headings(sheet: Any, headings: Iterable[str], wide: Iterable[int] = ()) -> None:
    names = list(headings)
    for number in range(1, len(names) + 1):
        width = WIDE if number in set(wide) else NARROW
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name, bold=True) for name in names])


def _moment(value: datetime.datetime | None) -> datetime.datetime | None:
    """Beijing time; a workbook knows no zones."""
    return value.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0) if value else None


def _parts(
    clauses: Mapping[int, KnownClause], *, personal: bool
) -> list[tuple[str, Callable[[Row], Any]]]:
    """The columns of the register: heading and value; each word is looked up once.

    personal: with the names of the files, which may well be those of their authors.
    """
    names = {lineage: clause_label(known) for lineage, known in clauses.items()}
    whole, yes, no = _("The whole draft"), _("Yes"), _("No")
    languages = dict(LANGUAGES)
    states = {value: str(label) for value, label in STATES.items()}
    channels, reasons = _words_of(ChannelKind), _words_of(Withheld)

    def reason(row: Row) -> str:
        withheld = row.comment.state == CommentState.WITHHELD
        return reasons[row.comment.withheld_for] if withheld else ""

    def files(row: Row) -> str:
        return "\n".join(
            file.name if personal else f"{number}. {file.kind.upper()}"
            for number, file in enumerate(row.files, start=1)
        )

    return [
        (_("Number"), lambda row: row.comment.pk),
        (_("Round"), lambda row: row.comment.round),
        (_("Received (Beijing time)"), lambda row: _moment(row.comment.received_at)),
        (_("Channel"), lambda row: channels[row.comment.channel]),
        (_("Sent on"), lambda row: row.comment.postmarked_on),
        (_("People"), lambda row: row.comment.people),
        (_("Language"), lambda row: languages.get(row.comment.language, "")),
        (_("Clause"), lambda row: names.get(row.comment.clause_lineage, whole)),
        (_("Text"), lambda row: row.text.text),
        (_("Speaks for"), lambda row: row.text.represents),
        (
            _("The author agreed to publication"),
            lambda row: yes if row.text.consent_publish else no,
        ),
        (_("State"), lambda row: states[row.comment.state]),
        (_("Reason"), reason),
        (_("Amended (Beijing time)"), _amended),
        (_("Unread"), lambda row: yes if row.comment.is_unread else no),
        (_("Attachments"), files),
    ]


def _words_of(choices: Any) -> dict[str, str]:
    return {value: str(label) for value, label in choices.choices}


def _amended(row: Row) -> datetime.datetime | None:
    return _moment(row.text.written_at) if row.text.seq > 1 else None


def write_register(
    rows: Iterable[Row],
    clauses: Mapping[int, KnownClause],
    contacts: Mapping[UUID, Contact] | None = None,
) -> IO[bytes]:
    """Write comments as a workbook, in the active language; gives a file to read from.

    contacts: opened contact data by its record, for three more columns; ``None`` for none.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_("Comments"))
    parts = _parts(clauses, personal=contacts is not None)
    headings = [heading for heading, _value in parts]
    if contacts is not None:
        headings += [labels()[name] for name in ("name", "email", "phone")]
    _headings(sheet, headings, wide=[9])
    for row in rows:
        values = [value(row) for _heading, value in parts]
        if contacts is not None:
            contact = contacts.get(row.comment.contact_id, Contact())
            values += [contact.name, contact.email, contact.phone]
        sheet.append([_cell(sheet, value) for value in values])
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return file


# --- the template -------------------------------------------------------------------------------


def template(clauses: Mapping[int, KnownClause]) -> bytes:
    """Give the workbook that officers fill in: the table, what goes into it, and what may."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_("Comments"))
    for column in TEXTS:
        # What is typed there stays text, "-1" or "+86 10" too.
        sheet.column_dimensions[get_column_letter(COLUMNS.index(column) + 1)].number_format = "@"
    names = labels()
    _headings(sheet, [names[column] for column in COLUMNS], wide=[COLUMNS.index("text") + 1])
    lists = {
        "channel": [str(label) for _value, label in OFF_LINE],
        "language": [name for _code, name in LANGUAGES],
        "consent_publish": [_("Yes"), _("No")],
        "clause": [label for _anchor, label in clause_choices(clauses)],
    }
    choices = _("Choices")
    for place, (column, values) in enumerate(lists.items(), start=1):
        if not values:
            continue
        letter = get_column_letter(place)
        among = DataValidation(
            "list", formula1=f"'{choices}'!${letter}$2:${letter}${len(values) + 1}"
        )
        here = get_column_letter(COLUMNS.index(column) + 1)
        among.add(f"{here}2:{here}{MOST_ROWS + 1}")
        sheet.data_validations.append(among)
    _instructions(book)
    _choices(book.create_sheet(choices), [names[column] for column in lists], lists.values())
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _instructions(book: Any) -> None:
    sheet = book.create_sheet(_("Instructions"))
    names = labels()
    _headings(sheet, [_("Column"), _("What goes into it")], wide=[2])
    lines = [
        (
            "",
            _(
                "One row for each letter, e-mail, call or meeting, in the sheet “%(sheet)s”. Keep "
                "its first row; the order of the columns does not matter."
            )
            % {"sheet": _("Comments")},
        ),
        (
            "",
            _(
                "At most %(most)d rows. Either all rows are entered or, if one is wrong, none: "
                "the page then names each row with what is wrong in it."
            )
            % {"most": MOST_ROWS},
        ),
        (names["channel"], _("Needed. One of the list.")),
        (
            names["postmarked_on"],
            _(
                "Needed. The day of the postmark, of the e-mail, of the call or of the meeting, "
                "such as 2026-10-08. It has to lie within the period."
            ),
        ),
        (
            names["people"],
            _("How many signed the letter or said it together at the meeting. Empty: one."),
        ),
        (names["language"], _("The language of the letter. Empty: Chinese.")),
        (names["clause"], _("One of the list. Empty: the whole draft.")),
        (names["text"], _("Needed. What was written or said, at most 10,000 characters.")),
        (names["represents"], _("The company, group or office that the author speaks for.")),
        (
            names["consent_publish"],
            _("Yes, if the author agreed to publication. Empty: no, and it is not published."),
        ),
        (names["name"], _("Kept apart and encrypted, and erased in time. May be empty.")),
        (names["email"], _("As the name.")),
        (names["phone"], _("As the name.")),
        (
            names["originals"],
            _(
                "The name of the file with the scanned letter, such as letter-17.pdf. Choose the "
                "file itself beside this workbook on the page."
            ),
        ),
    ]
    for line in lines:
        sheet.append([_cell(sheet, value, wrap=True) for value in line])


def _choices(sheet: Any, headings: list[str], lists: Iterable[list[str]]) -> None:
    _headings(sheet, headings, wide=[4])
    columns = list(lists)
    for number in range(max(map(len, columns))):
        sheet.append(
            [_cell(sheet, values[number] if number < len(values) else None) for values in columns]
        )


# --- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TypedRow:
    """A row as it was filled in: its number in the sheet, and the data of ``EntryForm``.

    original: the name of a file, which is none of the form's.
    """

    number: int
    data: Mapping[str, str]
    original: str


def read(file: IO[bytes], clauses: Mapping[int, KnownClause]) -> list[TypedRow]:
    """Read a template that was filled in, in whichever of the nine languages it was made.

    Values that are on no list are given as they stand, for the form to refuse. Raises
    ``NotReadable`` for what is no such workbook, too large, or without a row.
    """
    _refuse_too_large(file)
    try:
        cells = _cells(file)
    except _BROKEN as error:
        raise NotReadable(_("This is no workbook (.xlsx) that can be read.")) from error
    return list(_rows(cells, clauses))


_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # of which every parser of XML makes its own
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
)


def _cells(file: IO[bytes]) -> list[tuple[Any, ...]]:
    """The first sheet's values, and one row more than may be there."""
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        return list(sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS, values_only=True))
    finally:
        book.close()


def _refuse_too_large(file: IO[bytes]) -> None:
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            # Nobody unpacks more of a part than is declared here.
            unpacked = sum(part.file_size for part in package.infolist())
    except zipfile.BadZipFile as error:
        raise NotReadable(_("This is no workbook (.xlsx) that can be read.")) from error
    if size > MOST_BYTES or unpacked > MOST_UNPACKED:
        raise NotReadable(_("The workbook is too large."))
    file.seek(0)


def _rows(
    cells: Sequence[tuple[Any, ...]], clauses: Mapping[int, KnownClause]
) -> Iterator[TypedRow]:
    places = _places(cells[0] if cells else ())
    words = _words(clauses)
    found = 0
    for number, values in enumerate(cells[1:], start=2):
        texts = {
            name: _text(values[place]) if place < len(values) else ""
            for name, place in places.items()
        }
        if not any(texts.values()):
            continue
        if number > MOST_ROWS + 1:
            raise NotReadable(_("At most %(most)d rows can be entered at once.") % _MOST)
        found += 1
        known = {name: words.get(name, {}).get(_key(text), text) for name, text in texts.items()}
        known["language"] = known.get("language") or SOURCE
        yield TypedRow(number, known, known.pop("originals", ""))
    if not found:
        raise NotReadable(_("There is no row in the workbook's first sheet."))


_MOST = {"most": MOST_ROWS}


def _places(headings: Iterable[Any]) -> dict[str, int]:
    """Find the columns by their headings, in any language and order."""
    names: dict[str, str] = {}
    for language in CODES:
        with override(language):
            names |= {_key(label): name for name, label in labels().items()}
    names |= {name: name for name in COLUMNS}
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = names.get(_key(_text(heading)))
        if name in COLUMNS:
            places.setdefault(name, place)
    missing = [labels()[name] for name in NEEDED if name not in places]
    if missing:
        raise NotReadable(
            _("These columns are missing in the first row: %(names)s.")
            % {"names": ", ".join(missing)}
        )
    return places


def _words(clauses: Mapping[int, KnownClause]) -> dict[str, dict[str, str]]:
    """What each value may be called, in any language, by column."""
    words: dict[str, dict[str, str]] = {
        "channel": {},
        "clause": {},
        "consent_publish": dict.fromkeys(YES, "1"),
    }
    for language in CODES:
        with override(language):
            words["channel"] |= {_key(str(label)): value for value, label in OFF_LINE}
            words["clause"][_key(_("The whole draft"))] = ""
            words["consent_publish"] |= {_key(_("Yes")): "1", _key(_("No")): ""}
    words["language"] = {_key(name): code for code, name in LANGUAGES}
    for known in clauses.values():
        if known.gone is None:
            anchor = known.clause.anchor
            words["clause"] |= {
                _key(known.clause.number): anchor,
                _key(clause_label(known)): anchor,
            }
    return words


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _text(value: Any) -> str:
    """A cell as somebody would have typed it."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value).strip()
