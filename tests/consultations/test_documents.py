"""Word files of opinions and statement: what they hold, who gets them, and that it is logged."""

import io

import docx
import pytest
from django.utils import timezone, translation
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from consultations import services
from consultations.enums import Disposition, StatementKind
from ledger.models import Entry
from tests import answering, clock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def decided(bureau):
    """A closed consultation with an opinion that was adopted and one that was not."""
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau, title="电动自行车停放办法（征求意见稿）")
    with clock.standing_at(clock.at("2026-03-04")):
        first, second = (answering.comment(announcement, f"写明门厅。{n}") for n in (1, 2))
    with clock.standing_at(clock.at(answering.CLOSED)):
        answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(announcement, [first], bureau.drafter)
        answering.opinion(
            announcement,
            [second],
            bureau.drafter,
            text="降低\x0b充电服务费。",
            disposition=Disposition.NOT_ADOPTED,
            reason="充电服务费由市场形成，本办法只要求明码标价。",
        )
        yield announcement


def fetch(client, announcement, name, status=200):
    answer = client.get(f"/admin/consultations/{announcement.page_id}/answers/{name}.docx")
    assert answer.status_code == status
    return answer


def word(answer):
    return docx.Document(io.BytesIO(answer.content))


def words_of(document):
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def header(document):
    return document.sections[0].header.paragraphs[0].text


def test_the_table_holds_every_opinion_with_its_answer(client, bureau, decided):
    client.force_login(bureau.drafter)
    document = word(fetch(client, decided, "opinions"))
    [table] = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    with translation.override("zh-hans"):
        adopted = str(Disposition.ADOPTED.label)
    assert [len(row) for row in rows] == [7, 7, 7]
    assert rows[1] == [
        "YJ-001",
        "写明门厅和通道。",
        "1",
        "1",
        adopted,
        "门厅和通道起火同样危险，已在第四条写明。",
        "第四条",
    ]
    assert rows[2][1] == "降低充电服务费。"
    assert rows[2][6] == ""


def test_it_lies_across_the_page_and_its_head_stands_on_every_page(client, bureau, decided):
    client.force_login(bureau.reviewer)
    document = word(fetch(client, decided, "opinions"))
    [section] = document.sections
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert section.page_width > section.page_height
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in document.tables[0].rows]
    assert heads == [True, False, False]


@pytest.mark.parametrize("name", ["opinions", "statement"])
def test_chinese_letters_have_a_chinese_font(client, bureau, decided, name):
    client.force_login(bureau.drafter)
    document = word(fetch(client, decided, name))
    for style, font in (("Normal", "仿宋"), ("Title", "黑体"), ("Heading 1", "黑体")):
        fonts = document.styles[style].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert fonts.get(qn("w:eastAsiaTheme")) is None


@pytest.mark.parametrize("name", ["opinions", "statement"])
def test_a_draft_says_so_on_every_page_until_it_is_signed(client, bureau, decided, name):
    client.force_login(bureau.drafter)
    document = word(fetch(client, decided, name))
    assert answering.CLOSED in header(document)
    statement = answering.sign(decided, bureau)
    document = word(fetch(client, decided, name))
    assert header(document) == ""
    shown = words_of(document)
    assert statement.digest in shown
    for user in (bureau.drafter, bureau.reviewer, bureau.publisher):
        assert user.get_full_name() in shown


def test_a_correction_that_was_begun_is_a_draft_again(client, bureau, decided):
    client.force_login(bureau.drafter)
    answering.sign(decided, bureau)
    services.write(
        decided,
        kind=StatementKind.ADOPTION,
        words="",
        correction_reason="第二条意见的处理有误。",
        user=bureau.drafter,
        now=timezone.now(),
    )
    document = word(fetch(client, decided, "statement"))
    assert answering.CLOSED in header(document)
    assert "第二条意见的处理有误。" in words_of(document)


def test_the_statement_tells_totals_opinions_and_reasons(client, bureau, decided):
    client.force_login(bureau.publisher)
    answering.sign(decided, bureau)
    document = word(fetch(client, decided, "statement"))
    shown = words_of(document)
    for words in (
        "《电动自行车停放办法（征求意见稿）》",
        "《澜川市电动自行车停放和充电管理办法》",
        "YJ-002　降低充电服务费。",
        "充电服务费由市场形成，本办法只要求明码标价。",
        "第四条",
    ):
        assert words in shown
    numbers = [[cell.text for cell in row.cells][1:] for row in document.tables[0].rows]
    assert numbers[-1] == ["2", "2", "0", "0", "2"]


def test_a_statement_on_no_comments_is_written_too(client, bureau):
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at(answering.CLOSED)):
        client.force_login(bureau.drafter)
        for name in ("opinions", "statement"):
            assert word(fetch(client, announcement, name)).tables


def test_only_those_who_handle_the_comments_get_them_and_each_time_is_logged(
    client, bureau, decided
):
    stranger = make.team("LC-XX").drafter
    client.force_login(stranger)
    for name in ("opinions", "statement"):
        fetch(client, decided, name, 404)
    assert not Entry.objects.filter(action="statement.exported").exists()
    client.force_login(bureau.drafter)
    answer = fetch(client, decided, "opinions")
    assert answer["Cache-Control"].startswith("no-store, private")
    statement = answering.sign(decided, bureau)
    fetch(client, decided, "statement")
    entries = Entry.objects.filter(action="statement.exported").order_by("pk")
    assert [entry.data for entry in entries] == [
        {"document": "opinions", "statement": None},
        {"document": "statement", "statement": str(statement.pk)},
    ]
    assert {entry.actor_id for entry in entries} == {bureau.drafter.pk}
