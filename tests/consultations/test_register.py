"""What officers see of what came in, and what they decide."""

import datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consultations import register, services
from consultations.enums import ChannelKind, CommentState, Suspicion, Verdict, Withheld
from consultations.models import Comment, CommentAttachment, CommentReading, Moderation
from consultations.register import WHOLE, Asked
from ledger.models import Entry
from organisations.services import Refused
from tests import factories
from tests.clock import at, standing_at
from uploads.scanning import Scan

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,
    pytest.mark.usefixtures("announced_once"),
]

NOW = at("2026-02-20", "12:00")
MINUTE = datetime.timedelta(minutes=1)


def send(announcement, text="建议在公园增设充电桩。", now=NOW, **fields):
    sent = services.Submission(text=text, **({"consent_publish": True} | fields))
    return services.submit(announcement, sent, now=now).comment


def letter(announcement, officer, now=NOW, **fields):
    sent = services.Submission(text="来信建议", **fields)
    entry = services.Entry(sent, ChannelKind.POST, datetime.date(2026, 2, 19))
    return services.enter_off_line(announcement, entry, user=officer, now=now).comment


@pytest.fixture
def mixed(announcement, team):
    """One comment of every kind, in an order that tells nothing."""
    found = {
        "plain": send(announcement, "普通意见"),
        "english": send(announcement, "In English", clause="art-5", language="en"),
        "published": send(announcement, "已公开的意见", clause="art-4"),
        "abusive": send(announcement, "骂人的话"),
        "silent": send(announcement, "不同意公开", consent_publish=False),
        "withdrawn": send(announcement, "已撤回"),
        "odd": send(announcement, "可疑", suspicion=Suspicion.REPEATED),
        "early": send(announcement, "早来的", now=at("2026-02-14", "00:30")),
        "letter": letter(announcement, team.drafter),
    }
    services.moderate([found["published"]], Verdict.PUBLISH, user=team.reviewer, now=NOW)
    services.moderate(
        [found["abusive"]], Verdict.WITHHOLD, reason="abusive", user=team.reviewer, now=NOW
    )
    services.take_back(found["withdrawn"], now=NOW)
    return found


def with_state():
    found: Any = Comment.objects.with_state()
    return found


# --- numbers and filters ------------------------------------------------------------------------


def test_every_comment_is_counted_once_in_everything(announcement, mixed):
    sums = register.numbers(register.cells(announcement))
    assert sums.total == len(mixed)
    assert sums.unread == len(mixed) - 2  # who decides has read
    assert sums.suspicious == 1
    assert sums.state == {"pending": 4, "published": 1, "withheld": 3, "withdrawn": 1}
    assert sums.reason == {"abusive": 1, "no_consent": 2}
    assert sums.channel == {"web": 8, "post": 1}
    assert sums.language == {"zh-hans": 8, "en": 1}
    assert sums.clause[WHOLE] == 7
    assert sums.day == {datetime.date(2026, 2, 20): 8, datetime.date(2026, 2, 14): 1}


@pytest.mark.parametrize(
    "asked",
    [
        Asked(),
        *(Asked(state=state) for state in CommentState.values),
        Asked(unread=True),
        Asked(suspicious=True),
        Asked(clause=WHOLE),
        Asked(channel="post"),
        Asked(language="en"),
        Asked(round=1),
        Asked(round=2),
        Asked(first_day=datetime.date(2026, 2, 15)),
        Asked(last_day=datetime.date(2026, 2, 14)),
        Asked(first_day=datetime.date(2026, 2, 14), last_day=datetime.date(2026, 2, 14)),
        Asked(state="withheld", channel="post", unread=True),
        Asked(search="意见", state="published"),
    ],
)
def test_the_numbers_and_the_list_agree_on_every_filter(announcement, mixed, asked):
    found = register.cells(announcement, asked.search)
    cells = [cell for cell in found if asked.matches(cell)]
    assert register.numbers(cells).total == register.comments(announcement, asked).count()


def test_a_clause_filters_by_its_lineage(announcement, mixed):
    lineage = mixed["english"].clause_lineage
    [found] = register.comments(announcement, Asked(clause=lineage))
    assert found == mixed["english"]
    assert register.clauses(announcement)[lineage].clause.number == "第五条"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("充电", {"simplified", "traditional"}),
        ("充電", {"simplified", "traditional"}),
        ("PARKING", {"english"}),
        ("parking  fee", {"english"}),
        ("50% (", {"english"}),
        (".*", set()),
        ("旧文", set()),
        ("新文", {"amended"}),
        ("  ", {"simplified", "traditional", "english", "amended"}),
    ],
)
def test_words_are_found_in_the_newest_text_in_either_script(announcement, words, found):
    sent = {
        "simplified": send(announcement, "建议增设充电桩"),
        "traditional": send(announcement, "建議增設充電樁"),
        "english": send(announcement, "The parking\nfee is 50% (too much)"),
        "amended": send(announcement, "旧文"),
    }
    services.amend(
        sent["amended"], text="新文", represents="", consent_publish=True, now=NOW + MINUTE
    )
    keys = register.keys(announcement, Asked(search=words))
    assert keys == sorted(comment.pk for name, comment in sent.items() if name in found)


# --- access -------------------------------------------------------------------------------------


def addresses(announcement, comment, file=None):
    base = f"/admin/consultations/{announcement.page_id}/comments/"
    found = [
        base,
        f"{base}decide/",
        f"{base}enter/",
        f"{base}enter-many/",
        f"{base}template/",
        f"{base}export/",
        f"{base}{comment.pk}/",
    ]
    return [*found, f"{base}files/{file.pk}/"] if file else found


@pytest.mark.parametrize("role", ["drafter", "reviewer", "publisher"])
def test_who_works_in_the_organisation_reads_its_register(client, announcement, team, role):
    comment = send(announcement, "建议甲")
    client.force_login(getattr(team, role))
    for address in (0, 2, 3, 4, 5, 6):
        assert client.get(addresses(announcement, comment)[address]).status_code == 200


def test_for_anybody_else_there_is_no_register(client, announcement, team):
    comment = send(announcement, "机密意见")
    stranger = factories.team("LC-XX")
    for person in (stranger.reviewer, stranger.publisher, team.manager):
        client.force_login(person)
        for address in addresses(announcement, comment):
            for method in (client.get, client.post):
                assert method(address).status_code in {302, 404, 405}, address
                assert "机密意见" not in method(address).content.decode()
    assert not CommentReading.objects.exists()
    assert not Moderation.objects.exists()


def test_services_refuse_strangers_too(announcement):
    comment = send(announcement, name="周卫国")
    stranger = factories.team("LC-XX").reviewer
    with pytest.raises(Refused):
        services.open_contact(comment, reason="好奇", user=stranger, now=NOW)
    with pytest.raises(Refused):
        letter(announcement, stranger)
    with pytest.raises(Refused):
        services.note_export(announcement, count=1, filters={}, user=stranger, now=NOW)


def test_a_comment_is_not_found_below_another_consultation(client, announcement, team):
    comment = send(announcement)
    with standing_at(NOW):
        other = factories.announce(team)
    client.force_login(team.reviewer)
    path = f"/admin/consultations/{other.page_id}/comments/{comment.pk}/"
    assert client.get(path).status_code == 404


# --- the list -----------------------------------------------------------------------------------


def test_the_list_shows_what_its_filters_find_with_charts_and_tables(
    client, announcement, team, mixed
):
    client.force_login(team.reviewer)
    base = f"/admin/consultations/{announcement.page_id}/comments/"
    page = client.get(base).content.decode()
    assert "<svg" in page
    assert "style=" not in page.split('class="nice-padding gk-register"')[1].split("</main>")[0]
    for comment in mixed.values():
        assert f'value="{comment.pk}"' in page
    english = client.get(f"{base}?language=en").content.decode()
    assert "In English" in english
    assert "普通意见" not in english
    worded = client.get(f"{base}?search=普通").content.decode()
    assert "普通意见" in worded
    assert "In English" not in worded
    suspicious = client.get(f"{base}?suspicious=on").content.decode()
    assert "可疑" in suspicious
    assert "In English" not in suspicious


@pytest.mark.parametrize("query", ["clause=zebra", "first_day=never", "round=9", "p=99", "state=x"])
def test_a_filter_that_means_nothing_is_no_fault(client, announcement, team, query):
    send(announcement, "建议甲")
    client.force_login(team.reviewer)
    answer = client.get(f"/admin/consultations/{announcement.page_id}/comments/?{query}")
    assert answer.status_code == 200
    assert "建议甲" in answer.content.decode()


def test_what_a_citizen_wrote_is_text(client, announcement, team):
    comment = send(announcement, "<script>alert(1)</script> https://example.com/a")
    client.force_login(team.reviewer)
    for path in addresses(announcement, comment)[0], addresses(announcement, comment)[6]:
        assert "<script>alert" not in client.get(path).content.decode()


def test_the_list_and_a_comment_ask_the_same_number_of_queries(client, announcement, team):
    client.force_login(team.reviewer)
    comment = send(announcement, name="周")
    asked: dict[str, list[int]] = {}
    for round_ in range(2):
        for path in addresses(announcement, comment)[0], addresses(announcement, comment)[6]:
            client.get(path)  # marks as read, fills caches
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            asked.setdefault(path, []).append(len(queries))
        for number in range(12):
            send(announcement, f"意见{number}", clause=f"art-{1 + number % 6}", email="a@b.cn")
            services.amend(
                comment, text=f"改{round_}{number}", represents="", consent_publish=True, now=NOW
            )
    for counts in asked.values():
        assert counts[0] == counts[1]
        assert counts[0] < 50


# --- publish and withhold -----------------------------------------------------------------------


def test_many_are_published_at_once_and_the_rest_is_named(client, announcement, team, mixed):
    client.force_login(team.publisher)
    keys = [mixed[name].pk for name in ("plain", "english", "silent", "withdrawn")]
    path = f"/admin/consultations/{announcement.page_id}/comments/decide/?language=en"
    with standing_at(NOW):
        answer = client.post(path, {"comment": keys, "action": "publish"}, follow=True)
    assert answer.redirect_chain[0][0].endswith("/comments/?language=en")
    states = {comment.pk: comment.state for comment in with_state()}
    assert states[mixed["plain"].pk] == states[mixed["english"].pk] == "published"
    assert states[mixed["silent"].pk] == "withheld"
    assert states[mixed["withdrawn"].pk] == "withdrawn"
    assert Entry.objects.filter(action="comment.published", actor_id=team.publisher.pk).count() == 2


def test_all_that_match_are_decided_on_once_their_number_is_confirmed(
    client, announcement, team, monkeypatch
):
    monkeypatch.setattr(register, "CHUNK", 20)
    english = [send(announcement, f"In English {number}", language="en") for number in range(52)]
    silent = send(announcement, "No!", language="en", consent_publish=False)
    chinese = send(announcement, "普通意见")
    client.force_login(team.publisher)
    base = f"/admin/consultations/{announcement.page_id}/comments/"
    assert 'name="all"' in client.get(f"{base}?language=en").content.decode()
    assert 'name="all"' not in client.get(f"{base}?language=zh-hans").content.decode()
    decide = f"{base}decide/?language=en"
    chosen = {"all": "1", "action": "publish", "comment": chinese.pk}
    with standing_at(NOW):
        asked = client.post(decide, chosen).content.decode()
        assert 'name="confirmed" value="53"' in asked
        send(announcement, "One more", language="en")
        again = client.post(decide, chosen | {"confirmed": "53"})
        assert 'name="confirmed" value="54"' in again.content.decode()
        assert not Moderation.objects.exists()
        done = client.post(decide, chosen | {"confirmed": "54"}, follow=True)
    assert done.redirect_chain[0][0].endswith("/comments/?language=en")
    states = {comment.pk: comment.state for comment in with_state()}
    assert {states[comment.pk] for comment in english} == {"published"}
    assert states[silent.pk] == "withheld"
    assert states[chinese.pk] == "pending"
    assert Moderation.objects.count() == 53


def test_all_that_match_are_marked_as_read_or_withheld(client, announcement, team):
    sent = [send(announcement, f"广告{number}") for number in range(3)]
    other = send(announcement, "意见")
    client.force_login(team.reviewer)
    decide = f"/admin/consultations/{announcement.page_id}/comments/decide/?search=广告"
    chosen = {"all": "1", "confirmed": "3", "reason": "advertising"}
    client.post(decide, chosen | {"action": "read"})
    assert set(CommentReading.objects.values_list("comment", flat=True)) == {c.pk for c in sent}
    client.post(decide, chosen | {"action": "withhold", "reason": ""})
    assert not Moderation.objects.exists()
    client.post(decide, chosen | {"action": "withhold"})
    states = {comment.pk: comment.state for comment in with_state()}
    assert states.pop(other.pk) == "pending"
    assert set(states.values()) == {"withheld"}


@pytest.mark.parametrize("reason", ["", "no_consent", "because"])
def test_nothing_is_withheld_without_a_reason_of_the_list(client, announcement, team, reason):
    comment = send(announcement)
    client.force_login(team.reviewer)
    path = f"/admin/consultations/{announcement.page_id}/comments/decide/"
    client.post(path, {"comment": comment.pk, "action": "withhold", "reason": reason})
    assert not Moderation.objects.exists()
    client.post(path, {"comment": comment.pk, "action": "withhold", "reason": "advertising"})
    assert Moderation.objects.get().reason == Withheld.ADVERTISING


def test_a_comment_of_another_consultation_cannot_be_decided_on(client, announcement, team):
    stranger = factories.team("LC-XX")
    with standing_at(NOW):
        theirs = factories.announce(stranger)
    foreign = send(theirs, now=at("2026-02-24"))
    client.force_login(team.reviewer)
    path = f"/admin/consultations/{announcement.page_id}/comments/decide/"
    for action in ("publish", "withhold", "read"):
        values = {"comment": foreign.pk, "action": action, "reason": "abusive"}
        client.post(path, values)
    assert not Moderation.objects.exists()
    assert not CommentReading.objects.exists()


def test_a_comment_is_read_once_somebody_opens_it(client, announcement, team):
    comment = send(announcement)
    client.force_login(team.reviewer)
    path = addresses(announcement, comment)[6]
    client.get(path)
    client.force_login(team.drafter)
    client.get(path)
    assert CommentReading.objects.get().read_by == team.reviewer
    assert register.numbers(register.cells(announcement)).unread == 0


# --- one comment --------------------------------------------------------------------------------


def test_a_comment_shows_all_versions_its_clause_and_what_was_decided(client, announcement, team):
    comment = send(announcement, "第一稿", clause="art-5", represents="某公司")
    services.moderate([comment], Verdict.PUBLISH, user=team.reviewer, now=NOW)
    services.amend(comment, text="第二稿", represents="", consent_publish=True, now=NOW)
    client.force_login(team.publisher)
    page = client.get(addresses(announcement, comment)[6]).content.decode()
    for words in ("第一稿", "第二稿", "某公司", "第五条", "充电服务费", team.reviewer.last_name):
        assert words in page


def test_contact_data_is_opened_with_a_reason_that_the_ledger_keeps(client, announcement, team):
    comment = send(announcement, name="周卫国", email="zhou@example.com")
    client.force_login(team.reviewer)
    path = addresses(announcement, comment)[6]
    assert "周卫国" not in client.get(path).content.decode()
    assert "周卫国" not in client.post(path, {"reason": " "}).content.decode()
    assert not Entry.objects.filter(action="contact.opened").exists()
    answer = client.post(path, {"reason": "答复来信"})
    assert "周卫国" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entry = Entry.objects.get(action="contact.opened")
    assert (entry.actor_id, entry.data["reason"]) == (team.reviewer.pk, "答复来信")
    assert "周卫国" not in str(entry.sealed_content())
    again = client.get(path).content.decode()
    assert "周卫国" not in again
    assert "答复来信" in again


def attach(comment, scan, content=b"%PDF-1.4"):
    return CommentAttachment.objects.create(
        comment=comment,
        file=ContentFile(content, name="a.pdf"),
        name="来信.pdf",
        kind="pdf",
        size=8,
        sha256="0" * 64,
        scan=scan,
    )


@pytest.mark.parametrize(
    ("scan", "status"),
    [(Scan.CLEAN, 200), (Scan.OFF, 200), (Scan.WAITING, 404), (Scan.INFECTED, 404)],
)
def test_a_file_is_handed_out_only_if_no_scanner_objects(client, announcement, team, scan, status):
    comment = send(announcement)
    file = attach(comment, scan)
    client.force_login(team.reviewer)
    answer = client.get(addresses(announcement, comment, file)[-1])
    assert answer.status_code == status
    if status == 200:
        assert answer["Content-Disposition"].startswith("attachment")
        assert b"".join(answer.streaming_content) == b"%PDF-1.4"
    page = client.get(addresses(announcement, comment)[6]).content.decode()
    assert "来信.pdf" in page
    assert str(scan.label) in page
    client.force_login(factories.team("LC-XX").reviewer)
    assert client.get(addresses(announcement, comment, file)[-1]).status_code == 404


class _Scanner:
    """A scanner that has come back; it finds something in what says so."""

    def scan(self, content):
        return Scan.INFECTED if b"EICAR" in content else Scan.CLEAN


@pytest.mark.parametrize(("content", "verdict"), [(b"%PDF", "clean"), (b"EICAR", "infected")])
def test_a_file_that_waited_is_scanned_later(announcement, monkeypatch, content, verdict):
    file = attach(send(announcement), Scan.WAITING, content)
    monkeypatch.setattr("uploads.scanning.scanner", _Scanner)
    assert services.scan_waiting(NOW) == 1
    file.refresh_from_db()
    assert file.scan == verdict
    assert Entry.objects.get(action="attachment.scanned").data["scan"] == verdict
    assert services.scan_waiting(NOW) == 0


# --- the start page -----------------------------------------------------------------------------


def test_the_start_page_names_what_waits_in_ones_own_departments(client, announcement, team):
    send(announcement)
    comment = send(announcement, suspicion=Suspicion.UNDER_LOAD)
    services.mark_read([comment], user=team.drafter, now=NOW)
    [row] = register.waiting(team.reviewer, 5)
    assert (row.announcement, row.unread, row.suspicious) == (announcement, 1, 1)
    assert register.waiting(factories.team("LC-XX").reviewer, 5) == []
    assert register.waiting(team.manager, 5) == []
    client.force_login(team.reviewer)
    address = f"/admin/consultations/{announcement.page_id}/comments/?unread=on"
    assert address in client.get("/admin/").content.decode()
    edit = client.get(f"/admin/pages/{announcement.page_id}/edit/").content.decode()
    assert f"/admin/consultations/{announcement.page_id}/comments/" in edit
