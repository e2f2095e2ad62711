"""Letters, calls and meetings: entered one by one and by workbook, with receipts."""

import datetime
import io
import re

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from openpyxl.utils import get_column_letter

from consultations import register, services
from consultations.enums import ChannelKind
from consultations.models import Comment
from consultations.transfer import workbook as transfer
from organisations.services import Refused
from personaldata.models import ContactRecord
from tests import factories
from tests.clock import at, standing_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("announced_once")]

NOW = at("2026-02-20", "12:00")
CODE = re.compile(r"\b(?:[A-Z0-9]{5}-){3}[A-Z0-9]{5}\b")
PDF = b"%PDF-1.4\n%%EOF\n"
LETTER = {
    "channel": "post",
    "postmarked_on": "2026-02-19",
    "language": "zh-hans",
    "clause": "art-5",
    "text": "来信建议降低充电服务费。",
    "represents": "第三社区",
    "consent_publish": "1",
    "name": "周卫国",
    "phone": "13800000000",
    "submission_id": "form-1",
}


@pytest.fixture
def officer(client, team):
    client.force_login(team.drafter)
    with standing_at(NOW):
        yield team.drafter


def address(announcement, what):
    return f"/admin/consultations/{announcement.page_id}/comments/{what}/"


def enter(client, announcement, **changes):
    return client.post(address(announcement, "enter"), LETTER | changes)


def codes(answer):
    return CODE.findall(answer.content.decode())


# --- one ----------------------------------------------------------------------------------------


def test_a_letter_gets_a_receipt_that_finds_it(client, announcement, officer):
    answer = enter(client, announcement)
    [code] = codes(answer)
    assert "no-store" in answer["Cache-Control"]
    comment = services.find(code)
    assert (comment.channel, comment.postmarked_on) == ("post", datetime.date(2026, 2, 19))
    assert comment.entered_by == officer
    assert comment.texts.get().consent_publish
    assert comment.texts.get().represents == "第三社区"
    assert register.clauses(announcement)[comment.clause_lineage].clause.anchor == "art-5"
    assert ContactRecord.objects.count() == 1


def test_without_a_word_about_consent_there_is_none(client, announcement, officer):
    enter(client, announcement, consent_publish="")
    assert not Comment.objects.get().texts.get().consent_publish


@pytest.mark.parametrize(("typed", "people"), [("", 1), ("1", 1), ("37", 37)])
def test_a_meeting_counts_its_people(client, announcement, officer, typed, people):
    meeting = {"channel": "meeting", "text": "座谈会意见：降低充电服务费。", "people": typed}
    assert codes(enter(client, announcement, **meeting))
    assert Comment.objects.get().people == people


def test_who_corrects_the_number_of_people_enters_another_letter(client, announcement, officer):
    first, other = enter(client, announcement), enter(client, announcement, people="2")
    assert codes(first) != codes(other)


def test_a_form_sent_twice_enters_one_letter(client, announcement, officer):
    first, again = enter(client, announcement), enter(client, announcement)
    assert codes(first) == codes(again)
    assert Comment.objects.count() == 1


def test_another_letter_typed_into_the_same_form_is_not_lost(client, announcement, officer):
    first, other = enter(client, announcement), enter(client, announcement, text="另一封信")
    assert codes(first) != codes(other)
    assert Comment.objects.count() == 2


def test_the_code_is_shown_again_for_half_an_hour_only(announcement, team):
    sent = services.Submission(text="来信", submission_id="form-1")
    entry = services.Entry(sent, ChannelKind.POST, datetime.date(2026, 2, 19))
    first = services.enter_off_line(announcement, entry, user=team.drafter, now=NOW)
    soon, later = at("2026-02-20", "12:30"), at("2026-02-20", "12:31")
    again = services.enter_off_line(announcement, entry, user=team.drafter, now=soon)
    assert again.code == first.code
    with pytest.raises(Refused):
        services.enter_off_line(announcement, entry, user=team.drafter, now=later)
    other = services.enter_off_line(announcement, entry, user=team.reviewer, now=later)
    assert other.code != first.code


def test_the_original_is_kept_beside_the_text(client, announcement, officer):
    scan = SimpleUploadedFile("来信.pdf", PDF, "application/pdf")
    assert codes(enter(client, announcement, originals=[scan]))
    [file] = Comment.objects.get().attachments.all()
    assert (file.name, file.kind) == ("来信.pdf", "pdf")


@pytest.mark.parametrize(
    "wrong",
    [
        {"postmarked_on": "2026-02-12"},
        {"postmarked_on": "2026-02-28"},
        {"postmarked_on": "2026-02-21"},
        {"postmarked_on": ""},
        {"channel": "web"},
        {"clause": "art-99"},
        {"text": " "},
        {"email": "zhou"},
        {"people": "0"},
        {"people": "1000001"},
        {"people": "三十七"},
        {"send_receipt": "on"},
    ],
)
def test_what_is_wrong_stands_in_the_form_and_nothing_is_lost(client, announcement, officer, wrong):
    answer = enter(client, announcement, **wrong)
    assert answer.status_code == 422
    assert not Comment.objects.exists()
    assert "第三社区" in answer.content.decode()


def test_a_file_that_is_none_is_refused(client, announcement, officer):
    answer = enter(client, announcement, originals=[SimpleUploadedFile("a.pdf", b"MZ", "x/y")])
    assert answer.status_code == 422
    assert "a.pdf" in answer.content.decode()
    assert not Comment.objects.exists()


def test_the_webs_own_channel_is_not_entered_by_hand(announcement, team):
    entry = services.Entry(
        services.Submission(text="来信"), ChannelKind.WEB, datetime.date(2026, 2, 19)
    )
    with pytest.raises(Refused):
        services.enter_off_line(announcement, entry, user=team.drafter, now=NOW)


def test_a_letter_to_an_older_round_joins_its_round(announcement, team):
    with standing_at(at("2026-03-02", "10:00")):
        factories.change(announcement, team, "round", opens_at=None, closes_on=None)
    assert announcement.periods.latest("seq").round == 2
    entry = services.Entry(
        services.Submission(text="来信", clause="art-5"),
        ChannelKind.POST,
        datetime.date(2026, 2, 27),
    )
    now = at("2026-03-03")
    comment = services.enter_off_line(announcement, entry, user=team.drafter, now=now).comment
    assert (comment.round, comment.draft_version.round) == (1, 1)
    web = services.submit(announcement, services.Submission(text="第二轮"), now=now).comment
    assert (web.round, web.draft_version.round) == (2, 2)


def test_a_letter_of_the_first_days_counts_after_the_period_was_counted_anew(announcement, team):
    outage = at("2026-02-25", "09:00")
    with standing_at(outage):
        services.begin_again_after_outage(
            announcement, reason="机房停电", user=team.publisher, now=outage
        )
    sent = services.Submission(text="来信")
    entry = services.Entry(sent, ChannelKind.POST, datetime.date(2026, 2, 13))
    comment = services.enter_off_line(
        announcement, entry, user=team.drafter, now=at("2026-02-26")
    ).comment
    assert comment.round == 1
    early = services.Entry(sent, ChannelKind.POST, datetime.date(2026, 2, 12))
    with pytest.raises(ValidationError):
        services.enter_off_line(announcement, early, user=team.drafter, now=at("2026-02-26"))


# --- many ---------------------------------------------------------------------------------------

LETTERS = {name: get_column_letter(place) for place, name in enumerate(transfer.COLUMNS, start=1)}
ROW = {
    "channel": "邮寄",
    "postmarked_on": datetime.date(2026, 2, 19),
    "text": "来信建议",
}


def workbook(announcement, rows, language="zh-hans"):
    """The template in a language, filled in; values of ``rows`` by the name of the column."""
    with translation.override(language):
        content = transfer.template(register.clauses(announcement))
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, start=2):
        for name, value in row.items():
            cell = sheet.cell(number, transfer.COLUMNS.index(name) + 1, value)
            if isinstance(value, str):
                cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("letters.xlsx", out.getvalue())


def send_workbook(client, announcement, file, originals=(), submission_id="import-1"):
    values = {"file": file, "originals": list(originals), "submission_id": submission_id}
    return client.post(address(announcement, "enter-many"), values)


def channel_label(language="zh-hans"):
    with translation.override(language):
        return str(ChannelKind.POST.label)


@pytest.fixture
def row():
    return ROW | {"channel": channel_label()}


def test_the_template_tells_how_to_fill_it_in_and_offers_the_clauses(client, announcement, officer):
    answer = client.get(address(announcement, "template"))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert len(book.worksheets) == 3
    sheet, instructions, choices = book.worksheets
    assert len([cell for cell in sheet[1] if cell.value]) == len(transfer.COLUMNS)
    assert len(sheet.data_validations.dataValidation) == 4
    assert instructions.max_row > len(transfer.COLUMNS)
    clauses = [str(cell.value) for column in choices.columns for cell in column]
    assert any(text.startswith("第五条") for text in clauses)


def test_all_rows_are_entered_and_each_gets_a_receipt(client, announcement, officer, row):
    rows = [
        row | {"text": f"第{number}封", "phone": 13800000000 + number, "clause": "第五条"}
        for number in range(3)
    ]
    answer = send_workbook(client, announcement, workbook(announcement, rows))
    found = codes(answer)
    assert len(set(found)) == 3
    assert [services.find(code).texts.get().text for code in found] == ["第0封", "第1封", "第2封"]
    lineages = {services.find(code).clause_lineage for code in found}
    assert register.clauses(announcement)[lineages.pop()].clause.number == "第五条"
    again = send_workbook(client, announcement, workbook(announcement, rows))
    assert codes(again) == found
    assert Comment.objects.count() == 3


def test_the_template_keeps_what_is_typed_into_it_as_text(client, announcement, officer):
    answer = client.get(address(announcement, "template"))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    columns = {name: sheet.column_dimensions[letter] for name, letter in LETTERS.items()}
    texts = {name for name, column in columns.items() if column.number_format == "@"}
    assert texts == {"text", "represents", "name", "email", "phone", "originals"}


@pytest.mark.parametrize("text", ["=1+1", "-请放宽", "+86 10 5555", "@SUM(A1)", "#N/A"])
def test_what_looks_like_a_formula_is_a_text_from_the_template_to_the_register(
    client, announcement, officer, row, text
):
    file = workbook(announcement, [row | {"text": text, "represents": text}])
    [code] = codes(send_workbook(client, announcement, file))
    assert services.find(code).texts.get().text == text
    address = f"/admin/consultations/{announcement.page_id}/comments/export/"
    exported = b"".join(client.post(address, {"personal": "no"}).streaming_content)
    cells = openpyxl.load_workbook(io.BytesIO(exported)).worksheets[0][2]
    assert [cell.data_type for cell in cells if cell.value == text] == ["s", "s"]


@pytest.mark.parametrize("language", ["zh-hans", "en", "de"])
def test_a_template_of_any_language_is_read_by_any_officer(
    client, announcement, officer, language, row
):
    with translation.override(language):
        yes = str(translation.gettext("Yes"))
    filled = [row | {"channel": channel_label(language), "consent_publish": yes}]
    answer = send_workbook(client, announcement, workbook(announcement, filled, language))
    [code] = codes(answer)
    assert services.find(code).texts.get().consent_publish


def test_one_wrong_row_and_none_is_entered(client, announcement, officer, row):
    rows = [
        row,
        row | {"channel": "烽火"},
        row | {"text": None},
        row | {"postmarked_on": "昨天", "email": "zhou"},
        row | {"clause": "第九十九条"},
        row | {"consent_publish": "也许"},
        row | {"originals": "none.pdf"},
        row | {"people": 0},
        row | {"people": "许多"},
    ]
    answer = send_workbook(client, announcement, workbook(announcement, rows))
    page = answer.content.decode()
    assert answer.status_code == 422
    named = re.findall(r'<th scope="row">(\d+)</th>', page)
    assert named == [str(number) for number in range(3, 11)]
    assert "none.pdf" in page
    assert not Comment.objects.exists()
    assert not ContactRecord.objects.exists()


def test_wrong_fields_and_wrong_days_are_named_in_one_go(client, announcement, officer, row):
    early, future = datetime.date(2026, 2, 12), datetime.date(2026, 2, 21)
    rows = [
        row | {"channel": "烽火"},
        row | {"postmarked_on": early},
        row,
        row | {"postmarked_on": future, "text": None},
        row | {"postmarked_on": "昨天"},
    ]
    page = send_workbook(client, announcement, workbook(announcement, rows)).content.decode()
    cells = re.findall(r'<th scope="row">(\d+)</th>(.*?)</tr>', page, flags=re.DOTALL)
    assert [number for number, _words in cells] == ["2", "3", "5", "6"]
    assert translation.gettext("This day is still to come.") in cells[2][1]
    assert translation.gettext("Write your comment.") in cells[2][1]
    assert not Comment.objects.exists()


def test_a_row_says_how_many_people_speak(client, announcement, officer, row):
    rows = [row | {"people": 37}, row | {"text": "另一封来信"}]
    answer = send_workbook(client, announcement, workbook(announcement, rows))
    assert [services.find(code).people for code in codes(answer)] == [37, 1]


def test_a_late_postmark_is_named_by_its_row_too(client, announcement, officer, row):
    rows = [row, row | {"postmarked_on": datetime.date(2026, 2, 12)}]
    page = send_workbook(client, announcement, workbook(announcement, rows)).content.decode()
    assert re.findall(r'<th scope="row">(\d+)</th>', page) == ["3"]
    assert not Comment.objects.exists()


def test_originals_come_with_the_workbook(client, announcement, officer, row):
    rows = [row | {"originals": "letter-1.pdf"}, row]
    scan = SimpleUploadedFile("letter-1.pdf", PDF, "application/pdf")
    answer = send_workbook(client, announcement, workbook(announcement, rows), [scan])
    first, second = (services.find(code) for code in codes(answer))
    assert [file.name for file in first.attachments.all()] == ["letter-1.pdf"]
    assert not second.attachments.exists()


def test_too_many_rows_are_refused_at_once(client, announcement, officer, row, monkeypatch):
    monkeypatch.setattr(transfer, "MOST_ROWS", 2)
    answer = send_workbook(client, announcement, workbook(announcement, [row] * 3))
    assert answer.status_code == 422
    assert not Comment.objects.exists()


def broken():
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    strange = io.BytesIO()
    book.save(strange)
    return [b"", b"PK\x03\x04", b"MZ\x00", PDF, strange.getvalue(), strange.getvalue()[:-900]]


@pytest.mark.parametrize("content", broken())
def test_what_is_no_filled_in_template_is_refused_with_a_word(
    client, announcement, officer, content
):
    file = SimpleUploadedFile("letters.xlsx", content)
    answer = send_workbook(client, announcement, file)
    assert answer.status_code == 422
    assert not Comment.objects.exists()


def test_an_empty_template_has_no_row(client, announcement, officer):
    answer = send_workbook(client, announcement, workbook(announcement, []))
    assert answer.status_code == 422


def test_a_workbook_that_would_grow_beyond_measure_is_not_opened(monkeypatch, announcement):
    monkeypatch.setattr(transfer, "MOST_UNPACKED", 100)
    file = io.BytesIO(workbook(announcement, []).read())
    with pytest.raises(transfer.NotReadable):
        transfer.read(file, {})


def test_a_withdrawn_draft_still_takes_the_letters_that_were_sent(announcement, team):
    with standing_at(NOW):
        services.withdraw(announcement, reason="重新论证", user=team.publisher, now=NOW)
    entry = services.Entry(
        services.Submission(text="来信"), ChannelKind.POST, datetime.date(2026, 2, 19)
    )
    comment = services.enter_off_line(
        announcement, entry, user=team.drafter, now=at("2026-02-21")
    ).comment
    assert comment.round == 1
