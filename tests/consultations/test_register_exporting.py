"""The register as a workbook: what it holds, that it is logged, and that text stays text."""

import datetime
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from consultations import services
from consultations.enums import ChannelKind
from ledger.models import Entry
from tests.clock import at
from tests.uploads import files
from uploads.services import check_upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("announced_once")]

NOW = at("2026-02-20", "12:00")
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
    "#N/A",
]


def send(announcement, text, **fields):
    return services.submit(announcement, services.Submission(text=text, **fields), now=NOW).comment


def export(client, announcement, query="", **values):
    address = f"/admin/consultations/{announcement.page_id}/comments/export/{query}"
    return client.post(address, {"personal": "no"} | values)


def sheet_of(answer):
    content = b"".join(answer.streaming_content)
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


@pytest.fixture
def filled(client, announcement, team):
    send(announcement, "建议甲", clause="art-5", name="周卫国", email="zhou@example.com")
    send(announcement, "In English", language="en", phone="13800000000", consent_publish=True)
    sent = services.Submission(text="来信建议")
    entry = services.Entry(sent, ChannelKind.POST, datetime.date(2026, 2, 19))
    services.enter_off_line(announcement, entry, user=team.drafter, now=NOW)
    client.force_login(team.reviewer)
    return announcement


def test_it_holds_every_comment_and_no_contact_data(client, filled, team):
    sheet = sheet_of(export(client, filled))
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 4
    assert {row[8] for row in rows[1:]} == {"建议甲", "In English", "来信建议"}
    assert [row[5] for row in rows[1:]] == [1, 1, 1]
    assert rows[1][2] == NOW.replace(tzinfo=None)
    assert rows[1][7].startswith("第五条")
    assert "周卫国" not in str(rows)
    assert "13800000000" not in str(rows)
    entry = Entry.objects.get(action="register.exported")
    assert entry.actor_id == team.reviewer.pk
    assert entry.data == {"personal": False, "count": 3, "filters": {}}
    assert not Entry.objects.filter(action="contact.exported").exists()


def test_the_names_of_files_count_as_personal_data(client, filled, team):
    contents = {"李雷的身份证.png": files.png(), "意见.pdf": files.PDF}
    named = [
        (name, check_upload(SimpleUploadedFile(name, content)))
        for name, content in contents.items()
    ]
    send(filled, "带附件", attachments=named)
    rows = list(sheet_of(export(client, filled)).iter_rows(values_only=True))
    assert rows[-1][15] == "1. PNG\n2. PDF"
    assert "李雷" not in str(rows)
    full = export(client, filled, personal="yes", reason="寄送答复")
    assert list(sheet_of(full).iter_rows(values_only=True))[-1][15] == "李雷的身份证.png\n意见.pdf"


def test_with_contact_data_it_needs_a_reason_and_is_logged_twice(client, filled, team):
    assert export(client, filled, personal="yes").status_code == 422
    assert not Entry.objects.filter(action="register.exported").exists()
    sheet = sheet_of(export(client, filled, personal="yes", reason="寄送答复"))
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1][-3:] == ("周卫国", "zhou@example.com", None)
    assert rows[2][-3:] == (None, None, "13800000000")
    entry = Entry.objects.get(action="register.exported")
    assert (entry.data["personal"], entry.data["reason"]) == (True, "寄送答复")
    opened = Entry.objects.get(action="contact.exported")
    assert len(opened.data["records"]) == 2
    assert "周卫国" not in str(opened.sealed_content()) + str(entry.sealed_content())


def test_it_holds_only_what_the_filters_of_the_list_found(client, filled):
    answer = export(client, filled, "?language=en", personal="yes", reason="翻译")
    rows = list(sheet_of(answer).iter_rows(values_only=True))
    assert [row[8] for row in rows[1:]] == ["In English"]
    entry = Entry.objects.get(action="register.exported")
    assert (entry.data["count"], entry.data["filters"]) == (1, {"language": "en"})
    assert len(Entry.objects.get(action="contact.exported").data["records"]) == 1


def test_its_page_shows_who_exported_before(client, filled, team):
    sheet_of(export(client, filled))
    address = f"/admin/consultations/{filled.page_id}/comments/export/"
    assert team.reviewer.last_name in client.get(address).content.decode()


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_that_somebody_wrote_is_a_formula(client, announcement, team, text):
    send(announcement, text, name=text, represents=text)
    client.force_login(team.reviewer)
    sheet = sheet_of(export(client, announcement, personal="yes", reason="答复"))
    mine = [cell for cell in sheet[2] if cell.value and str(cell.value).strip() == text.strip()]
    assert len(mine) >= 2
    for cell in mine:
        assert cell.data_type == "s"
        assert cell.quotePrefix


def test_what_no_workbook_can_hold_is_left_out(client, announcement, team):
    send(announcement, "响铃\x07后面")
    client.force_login(team.reviewer)
    assert sheet_of(export(client, announcement)).cell(2, 9).value == "响铃后面"
