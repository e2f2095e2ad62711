"""Word files of opinions and statement: what they hold, who gets them, and that it is logged."""

import io

import docx
import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from consultations import services
from consultations.enums import (
    Change,
    ChannelKind,
    CommentState,
    Disposition,
    StatementKind,
    Verdict,
    Withheld,
)
from ledger.models import Entry
from tests import answering, clock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def bureau():
    return make.team("LC-BG", name="澜川市办公厅")


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


def rows_of(document):
    """The cells of each table, row by row."""
    return [[[cell.text for cell in row.cells] for row in one.rows] for one in document.tables]


def header(document):
    return document.sections[0].header.paragraphs[0].text


def test_the_table_holds_every_opinion_with_its_answer(client, bureau, decided):
    client.force_login(bureau.drafter)
    document = word(fetch(client, decided, "opinions"))
    [table] = document.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    with translation.override("zh-hans"):
        adopted, yes = str(Disposition.ADOPTED.label), _("Yes")
    assert [len(row) for row in rows] == [8, 8, 8]
    assert rows[1] == [
        "YJ-001",
        "写明门厅和通道。",
        "1",
        "1",
        yes,
        adopted,
        "门厅和通道起火同样危险，已在第四条写明。",
        "第四条",
    ]
    assert rows[2][1] == "降低充电服务费。"
    assert rows[2][7] == ""


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
    numbers = [row[1:] for row in rows_of(document)[1]]
    assert numbers[-1] == ["2", "2", "0", "0", "2"]


@pytest.fixture
def asked_twice(bureau):
    """Two rounds; a letter for 120 people; a comment that was not published."""
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        announcement = make.announce(bureau, title="电动自行车停放办法（征求意见稿）")
        joint = make.team("LC-XF", name="澜川市消防救援局").organisation
        announcement.page.authorities.create(organisation=joint, sort_order=1)
    with clock.standing_at(clock.at("2026-03-04")):
        by_web = answering.comment(announcement, "写明门厅。")
    with clock.standing_at(clock.at("2026-03-06")):
        rude = answering.comment(announcement, "写明门厅，你们这些人！")
        services.moderate(
            [rude],
            Verdict.WITHHOLD,
            reason=Withheld.ABUSIVE,
            user=bureau.drafter,
            now=timezone.now(),
        )
    with clock.standing_at(clock.at("2026-03-16", "15:00")):
        make.change(announcement, bureau, Change.ROUND, closes_on=None)
    with clock.standing_at(clock.at("2026-03-18")):
        petition = services.submit(
            announcement,
            services.Submission(text="降低充电服务费。", consent_publish=True),
            off_line=services.OffLine(
                ChannelKind.POST, answering.day("2026-03-18"), bureau.drafter, people=120
            ),
            now=timezone.now(),
        ).comment
    return announcement, [by_web, rude], [petition]


def test_the_statement_tells_dates_channels_and_what_was_withheld_round_by_round(
    client, bureau, asked_twice
):
    announcement, first, second = asked_twice
    with clock.standing_at(clock.at("2026-03-25")):
        answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(announcement, first, bureau.drafter)
        answering.opinion(
            announcement,
            second,
            bureau.drafter,
            text="降低充电服务费。",
            disposition=Disposition.NOT_ADOPTED,
            reason="充电服务费由市场形成，本办法只要求明码标价。",
        )
        answering.sign(announcement, bureau)
        client.force_login(bureau.drafter)
        statement, table = (word(fetch(client, announcement, n)) for n in ("statement", "opinions"))
    dates, numbers, channels, reasons = rows_of(statement)
    with translation.override("zh-hans"):
        web, post, abusive, concentrated, yes = (
            str(words)
            for words in (
                ChannelKind.WEB.label,
                ChannelKind.POST.label,
                Withheld.ABUSIVE.label,
                _("Concentrated"),
                _("Yes"),
            )
        )
    assert [row[1:] for row in dates[1:]] == [
        ["2026-03-02 10:01", "2026-03-09 24:00", "7"],
        ["2026-03-16 15:01", "2026-03-23 24:00", "7"],
    ]
    assert [row[1:] for row in numbers[1:]] == [
        ["2", "1", "1", "0", "2"],
        ["1", "1", "0", "0", "120"],
        ["3", "2", "1", "0", "122"],
    ]
    assert channels[1:] == [[web, "2", "0", "2"], [post, "0", "1", "1"]]
    assert reasons[1:] == [[abusive, "1", "0", "1"]]
    for document in (statement, table):
        assert "澜川市办公厅、澜川市消防救援局" in words_of(document)
    [rows] = rows_of(table)
    assert [row[4] for row in rows] == [concentrated, "", yes]
    held = [p.text for p in statement.paragraphs if concentrated in p.text and "120" in p.text]
    assert len(held) == 1


def test_a_round_that_a_withdrawal_cut_off_ends_with_it(client, bureau):
    with clock.standing_at(clock.at(answering.OPENS, "10:00")):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-05", "11:30")) as now:
        services.withdraw(announcement, reason="另行起草", user=bureau.publisher, now=now)
        client.force_login(bureau.drafter)
        [_heads, row] = rows_of(word(fetch(client, announcement, "statement")))[0]
    with translation.override("zh-hans"):
        withdrawn = pgettext("a consultation", "Withdrawn")
    assert row[1:] == ["2026-03-02 10:01", f"{withdrawn} 2026-03-05 11:30", "3"]


def test_a_draft_counts_what_waits_to_be_read_too(client, bureau):
    announcement = answering.asked(bureau)
    with clock.standing_at(clock.at(answering.CLOSED)):
        client.force_login(bureau.drafter)
        numbers = rows_of(word(fetch(client, announcement, "statement")))[1]
    with translation.override("zh-hans"):
        assert numbers[0][5] == str(CommentState.PENDING.label)
    assert numbers[-1][1:] == ["2", "0", "0", "0", "2", "2"]


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
