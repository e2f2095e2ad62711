"""`import_consultations`: what took place elsewhere comes in, marked, closed, and only once."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils.translation import override

from consultations import services
from consultations.enums import Change, ChannelKind, Status
from consultations.models import (
    Announcement,
    Channel,
    CitedBasis,
    Clause,
    ConsultationPage,
    HistoricRecord,
    Period,
)
from ledger.models import Entry
from tests import factories
from tests.clock import at, standing_at

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = at("2026-03-02", "12:00")


@pytest.fixture
def bureau():
    return factories.team("LC-9", name="澜川市交通局")


def row(number=1, **fields):
    return {
        "source_id": f"old-{number}",
        "source_url": "https://old.lanchuan.example/consultations/1",
        "organisation": "LC-9",
        "title": "澜川市停车管理办法（征求意见稿）",
        "draft": "第一条 为了规范停车，制定本办法。\n第二条 本办法自2020年1月1日起施行。",
        "explanation": "停车难。\n<b>急需</b>规范。",
        "opens_at": "2019-05-06T09:00:00+08:00",
        "closes_on": "2019-05-08",
        "procedure": "normative_document",
        "business_related": False,
    } | fields


@pytest.fixture
def bring(bureau, tmp_path, capsys):
    """Imports rows, or lines as they are, at a moment; gives exit status, words and errors."""

    def run(*lines, now=NOW):
        file = tmp_path / "old.jsonl"
        texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        file.write_text("".join(f"{text}\n" for text in texts), "utf-8")
        status = 0
        with standing_at(now):
            try:
                call_command("import_consultations", str(file))
            except SystemExit as stop:
                status = int(stop.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_a_row_becomes_a_closed_consultation_that_is_marked_and_flagged(bring, client):
    status, words, errors = bring(row(received=17))
    assert (status, errors) == (0, "")
    assert "1 imported, 0 there already, 0 refused" in words
    announcement = Announcement.objects.get()
    assert announcement.historic
    assert announcement.slug == "lc-9-2019-1"
    period = announcement.periods.get()
    assert period.opens_at == at("2019-05-06", "09:00")
    assert period.closes_at == period.minimum_closes_at == at("2019-05-09", "00:00")
    assert Clause.objects.filter(version__announcement=announcement).count() == 2
    assert announcement.historic_record.short is True
    with standing_at(NOW):
        page = client.get(announcement.get_absolute_url())
        english = client.get(f"/en{announcement.get_absolute_url()}").content.decode()
        listed = client.get("/en/consultations/").content.decode()
    assert page.status_code == 200
    assert "第二条" in page.content.decode()
    assert "Historic record; took place elsewhere" in english
    assert "By its source, 17 comments came in then." in english
    assert "Its period was shorter than today's minimum." in english
    assert "&lt;b&gt;急需&lt;/b&gt;规范。" in english
    assert 'href="https://old.lanchuan.example/consultations/1"' in english
    # By the rules of today: five working days after 6 May 2019, a Monday, end on the 13th.
    assert "13 May 2019" in english
    assert "/comment/" not in english
    assert "Historic record; took place elsewhere" in listed
    assert "shorter than today's minimum" in listed


def test_one_that_was_open_long_enough_is_marked_and_not_flagged(bring, client):
    bring(row(closes_on="2019-06-28"))
    announcement = Announcement.objects.get()
    assert announcement.historic_record.short is False
    with standing_at(NOW):
        english = client.get(f"/en{announcement.get_absolute_url()}").content.decode()
        listed = client.get("/en/consultations/").content.decode()
    assert "Historic record; took place elsewhere" in english
    assert "minimum" not in listed
    assert announcement.periods.get().minimum_closes_at == at("2019-05-14", "00:00")


def test_where_no_calendar_reaches_nothing_is_said_of_the_minimum(bring, client):
    bring(row(opens_at="1989-03-01", closes_on="1989-03-31"))
    announcement = Announcement.objects.get()
    assert announcement.historic_record.short is None
    assert announcement.periods.get().minimums == []
    with standing_at(NOW):
        english = client.get(f"/en{announcement.get_absolute_url()}").content.decode()
    assert "the working days of that time are not known here" in english


def test_the_open_data_say_what_is_historic(bring, client, bureau):
    bring(row(received=17), row(2, closes_on="2019-06-28", source_url="", slug="parking-2019"))
    with standing_at(at("2026-03-02", "12:30")):
        factories.announce(bureau)
        listed = client.get("/api/v1/consultations/").json()["results"]
        told = client.get("/api/v1/consultations/lc-9-2019-1").json()
        long_enough = client.get("/api/v1/consultations/parking-2019").json()
        feed = client.get("/consultations/feed/").content.decode()
    assert [line["historic"] for line in listed] == [False, True, True]
    assert (told["historic"], told["status"]) == (True, Status.CLOSED)
    assert told["closes_at"] == "2019-05-09T00:00:00+08:00"
    assert told["merkle_roots"] == []
    assert told["historic_record"] == {
        "source_url": "https://old.lanchuan.example/consultations/1",
        "received": 17,
        "shorter_than_minimum": True,
        "imported_at": "2026-03-02T12:00:00+08:00",
    }
    assert long_enough["historic_record"]["source_url"] is None
    assert "lc-9-2026-1" in feed
    assert "2019" not in feed


def test_an_import_leaves_an_entry_in_the_ledger_and_run_again_changes_nothing(bring):
    bring(row())
    entry = Entry.objects.get(action="consultation.imported")
    assert entry.data["source_id"] == "old-1"
    assert entry.data["short"] is True
    entries = Entry.objects.count()
    status, words, errors = bring(row(title="另一个标题"), row(2), now=at("2026-03-03"))
    assert (status, errors) == (0, "")
    assert "1 imported, 1 there already" in words
    assert Entry.objects.count() == entries + 1
    assert ConsultationPage.objects.filter(headline_zh_hans="另一个标题").count() == 0
    assert services.seal_due(at("2026-03-04")) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"organisation": "LC-404"}, "organisation: "),
        ({"closes_on": "2026-03-02"}, "closes_on: "),
        ({"closes_on": "2031-01-01"}, "closes_on: "),
        ({"closes_on": "2019-05-05"}, "closes_on: "),
        ({"closes_on": "9999-12-31"}, "closes_on: "),
        ({"closes_on": 1557331200}, "closes_on: "),
        ({"closes_on": None}, "closes_on: "),
        ({"closes_at": "2019-05-09T00:00:00+08:00"}, "closes_on: "),
        ({"closes_on": None, "closes_at": "2019-05-08T17:00:00+08:00"}, "closes_at: "),
        ({"opens_at": "2019-05-06T09:00:00"}, "opens_at: "),
        ({"opens_at": "1848-05-06"}, "opens_at: "),
        ({"procedure": "whim"}, "procedure: "),
        ({"business_related": None}, "business_related: "),
        ({"business_related": "no"}, "business_related: "),
        ({"title": " "}, "title: "),
        ({"title": "长" * 501}, "title: "),
        ({"draft": ""}, "draft: "),
        ({"draft": "一\0二"}, "draft: "),
        ({"slug": "feed"}, "slug: "),
        ({"slug": "Parking 2019"}, "slug: "),
        ({"source_url": "javascript:alert(1)"}, "source_url: "),
        ({"received": -1}, "received: "),
        ({"typo": 1}, "typo: "),
    ],
)
def test_a_wrong_row_is_named_by_line_and_field_and_spoils_no_other(bring, fields, reason):
    status, words, errors = bring(row(1), "", row(2) | fields, row(3))
    assert status == 1
    assert "2 imported, 0 there already, 1 refused" in words
    assert errors.startswith(f"line 3: {reason}")
    assert set(HistoricRecord.objects.values_list("source_id", flat=True)) == {"old-1", "old-3"}
    assert ConsultationPage.objects.count() == 2


def test_all_that_is_wrong_with_a_row_is_said_at_once(bring):
    _status, _words, errors = bring("{", row(organisation="LC-404", slug="feed"), row(2), row(2))
    first, second, third = errors.splitlines()
    assert first.startswith("line 1: ")
    assert "organisation: " in second
    assert "slug: " in second
    assert third == "line 4: source_id: old-2 stands in this file twice"


def test_an_address_that_is_taken_is_refused(bring):
    assert "line 2: slug: " in bring(row(slug="parking"), row(2, slug="parking"))[2]


def test_a_close_may_be_given_as_its_moment(bring):
    bring(row(closes_on=None, closes_at="2019-05-09T00:00:00+08:00", opens_at="2019-05-06"))
    period = Period.objects.get()
    assert period.closes_at == at("2019-05-09", "00:00")
    assert period.opens_at == at("2019-05-06", "00:00")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"none\.jsonl"):
        call_command("import_consultations", str(tmp_path / "none.jsonl"))


def test_nobody_comments_on_it_nor_changes_it_by_any_service(bring, client, bureau):
    bring(row())
    announcement = Announcement.objects.get()
    with standing_at(NOW):
        path = f"{announcement.get_absolute_url()}comment/"
        assert client.post(path, {"text": "晚了"}).status_code == 409
        with pytest.raises(services.NotOpen):
            services.submit(announcement, services.Submission(text="晚了"), now=NOW)
        for service in (services.extend, services.begin_again_after_outage):
            more = {"closes_on": at("2026-04-01").date()} if service is services.extend else {}
            with pytest.raises(services.Refused):
                service(announcement, reason="补", user=bureau.publisher, now=NOW, **more)
    assert announcement.comments.count() == 0


def test_a_letter_to_it_is_not_entered(bring, bureau):
    bring(row(closes_on="2026-03-01"))
    announcement = Announcement.objects.get()
    off_line = services.OffLine(ChannelKind.POST, at("2026-02-27").date(), bureau.manager)
    with standing_at(at("2026-03-02", "13:00")) as now, pytest.raises(ValidationError):
        services.submit(announcement, services.Submission(text="来信"), now=now, off_line=off_line)


def test_an_editor_sees_it_and_cannot_begin_a_new_round_of_it(bring, bureau, client):
    bring(row())
    announcement = Announcement.objects.get()
    page = announcement.page
    client.force_login(bureau.drafter)
    assert client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200
    complete = factories.consultation(bureau)
    for name in ("contact_person", "contact_phone", "signer", "signed_on", "subject"):
        setattr(page, name, getattr(complete, name))
    page.cited_bases = [CitedBasis(text="《中华人民共和国道路交通安全法》第三十三条")]
    page.channels = [Channel(kind="email", address="jiaotong@lanchuan.example")]
    page.change, page.change_reason = Change.ROUND, "重来"
    page.headline_zh_hans, page.explanation = complete.headline_zh_hans, complete.explanation
    page.opens_at = page.closes_on = None
    with standing_at(at("2026-03-02", "13:00")), override("en"):
        page.save_revision(user=bureau.drafter)
        with pytest.raises(services.Refused, match="took place elsewhere"):
            factories.review(page, bureau)
    assert announcement.periods.count() == 1
