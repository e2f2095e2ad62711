"""The consultations of the demo city: their files, and the city in which they were loaded."""

import datetime
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse

import demo
from consultations import outcome
from consultations import services as answering
from consultations.enums import (
    ChannelKind,
    CommentState,
    Disposition,
    Procedure,
    Status,
    Withheld,
)
from consultations.models import (
    Comment,
    ConcentrationRule,
    ConsultationPage,
    Disclosure,
    Exemption,
    MerkleRoot,
    Period,
    Phrase,
    SignedStatement,
)
from consultations.rules import clauses, lineages
from demo import services
from demo.answers import sample_receipt
from legaltext.order import unbroken
from legaltext.parser import parse
from policies.models import PolicyPage, Release
from tests.clock import at

DATA = Path(demo.__file__).parent / "data"
STORIES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (DATA / "consultations").glob("*.json")
}
ALL_LANGUAGES = {code for code, _name in settings.LANGUAGES}
BEFORE_DAWN = at("2026-11-23", "04:11")
SPRING_FESTIVAL = at("2027-02-09", "11:00")

LOADED = {
    "elevator-pilot-2018",
    "elevator-measures-2021",
    "outdoor-ads-2016",
    "normative-decision-2025",
    "elevator-subsidy-2025",
    "rental-filing-2016",
    "housing-rental-rules-2026",
    "residence-permit-2019",
    "waste-motion-2022",
    "household-waste-2022",
}
"""The documents that came of consultations, those imported, and what they act on: loading all
takes half a minute."""

each_story = pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)


def texts_of_rounds(story: dict[str, Any]) -> list[str]:
    """The draft of each round, as the last correction in it has left it."""
    text = "\n".join(story["draft"])
    found = [text]
    for event in story.get("events", []):
        for old, new in event.get("replace", []):
            assert old in text
            text = text.replace(old, new)
        if event["do"] == "round":
            found.append(text)
        found[-1] = text
    return found


# --- the files ----------------------------------------------------------------------------------


def test_there_are_twelve_and_three_of_them_have_a_hundred_comments() -> None:
    assert len(STORIES) >= 12
    assert sum(len(story["comments"]) >= 100 for story in STORIES.values()) == 3


def test_all_are_in_chinese_and_english_and_two_in_all_languages() -> None:
    languages = [set(story["title"]) for story in STORIES.values()]
    assert all({"zh-hans", "en"} <= named for named in languages)
    assert languages.count(ALL_LANGUAGES) == 2


@each_story
def test_its_texts_name_what_a_notice_must_name(story: dict[str, Any]) -> None:
    assert story["title"].keys() == story["abstract"].keys()
    assert story["title"]["zh-hans"].endswith("（征求意见稿）")
    assert story["procedure"] in Procedure
    assert all(basis.startswith("《") and "第" in basis for basis in story["legal_bases"])
    assert {"email", "post", "phone"} <= {channel["kind"] for channel in story["channels"]}
    assert len("".join(story["explanation"])) > 150


@each_story
def test_its_drafts_have_eight_to_forty_articles_that_run_on(story: dict[str, Any]) -> None:
    for text in texts_of_rounds(story):
        tree = parse(text)
        assert unbroken(tree)
        assert 8 <= len(tree.articles()) <= 40


@each_story
def test_its_comments_are_on_clauses_of_their_draft_and_from_invented_addresses(
    story: dict[str, Any],
) -> None:
    anchors = [{clause.anchor for clause in clauses(text)} for text in texts_of_rounds(story)]
    for comment in story["comments"]:
        assert comment.get("clause", "art-1") in anchors[comment.get("round", 1) - 1]
        assert comment.get("email", "@example.com").endswith("@example.com")
        assert comment.get("channel", "web") in ChannelKind
        assert comment.get("decided") in {None, "publish", *Withheld}
        assert comment.get("language", "zh-hans") in ALL_LANGUAGES


def test_a_hundred_comments_are_in_nine_languages_by_several_channels_and_of_all_kinds() -> None:
    for story in STORIES.values():
        if len(story["comments"]) < 100:
            continue
        comments = story["comments"]
        spoken = Counter(comment.get("language", "zh-hans") for comment in comments)
        assert spoken.keys() == ALL_LANGUAGES
        assert spoken.most_common(1)[0][0] == "zh-hans"
        lengths = [len(comment["text"]) for comment in comments]
        assert min(lengths) < 15
        assert max(lengths) > 120
        assert any("clause" not in comment for comment in comments)
        assert any(comment.get("amended") for comment in comments)


def test_a_new_round_changes_the_draft_and_its_clauses_keep_their_lineage() -> None:
    before, after = texts_of_rounds(STORIES["heritage-quarter"])
    first = lineages("", {}, before)
    second = lineages(before, first, after)
    assert second["art-14"] == first["art-13"]
    assert second["art-9"] not in first.values()
    assert second["art-8"] == first["art-8"]


# --- the city -----------------------------------------------------------------------------------


@pytest.fixture(
    scope="module", params=[BEFORE_DAWN, SPRING_FESTIVAL], ids=["before-dawn", "spring-festival"]
)
def loaded_at(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[datetime.datetime]:
    """The moment at which the city was loaded, for all tests of this file; then it is undone."""
    now: datetime.datetime = request.param
    with django_db_blocker.unblock(), transaction.atomic():
        services.load_authorities(now=now)
        services.load_consultations(services.load_policies(now=now, only=LOADED), now=now)
        yield now
        transaction.set_rollback(True)


def of(key: str) -> ConsultationPage:
    page: ConsultationPage = ConsultationPage.objects.get(slug=key)
    return page


def test_every_state_shows_whenever_the_city_is_loaded(loaded_at) -> None:
    pages = ConsultationPage.objects.public().with_status(loaded_at)
    assert {page.slug: page.status_now for page in pages} == {
        "after-school": Status.CLOSED,
        "congestion-charge": Status.ABANDONED,
        "dog-keeping": Status.CLOSED,
        "ebike-parking": Status.CLOSING_SOON,
        "elevator-subsidy": Status.ANSWERED,
        "elevators": Status.OPEN,
        "gas-restaurants": Status.OPEN,
        "heritage-quarter": Status.OPEN,
        "housing-rental": Status.ANSWERED,
        "outdoor-signs": Status.OPEN,
        "parking-sharing": Status.WITHDRAWN,
        "school-meals": Status.SCHEDULED,
    }


def test_what_can_happen_to_a_period_has_happened(loaded_at) -> None:
    causes = Counter(Period.objects.values_list("cause", flat=True))
    assert causes == {"announcement": len(STORIES), "extension": 1, "round": 2}
    [shortened] = Period.objects.exclude(shortening="")
    assert shortened.announcement.page.slug == "gas-restaurants"
    changes = [version.change for version in of("elevators").announcement.versions.all()]
    assert changes == ["", "clerical"]


def test_a_business_related_draft_is_open_for_thirty_days(loaded_at) -> None:
    [period] = of("outdoor-signs").announcement.periods.all()
    assert period.closes_at - period.opens_at > datetime.timedelta(days=30)
    assert any(minimum["days"] == 30 for minimum in period.minimums)


@pytest.mark.parametrize("key", ["dog-keeping", "ebike-parking"])
def test_the_comments_are_in_every_state(loaded_at, key) -> None:
    comments: Any = Comment.objects.with_state().filter(announcement__page__slug=key)
    states = Counter(comment.state for comment in comments)
    assert comments.count() >= 100
    assert states.keys() == set(CommentState)
    assert states[CommentState.PUBLISHED] > 75
    reasons = {comment.withheld_for for comment in comments if comment.withheld_for}
    assert {Withheld.NO_CONSENT, Withheld.ABUSIVE} <= reasons
    assert {"web", "post", "phone", "meeting", "fax"} <= {comment.channel for comment in comments}
    assert any(comment.texts.count() > 1 for comment in comments)


def test_nothing_came_in_later_than_now(loaded_at) -> None:
    assert not Comment.objects.filter(received_at__gt=loaded_at).exists()


def test_what_has_closed_is_sealed_and_late_letters_have_a_root_of_their_own(loaded_at) -> None:
    roots = MerkleRoot.objects.values_list("announcement__page__slug", "round", "batch", "leaves")
    late = sum(bool(c.get("late")) for c in STORIES["dog-keeping"]["comments"])
    assert [(slug, round_, batch) for slug, round_, batch, _leaves in roots.order_by("pk")] == [
        ("elevator-subsidy", 1, 1),
        ("elevator-subsidy", 2, 1),
        ("housing-rental", 1, 1),
        ("after-school", 1, 1),
        ("congestion-charge", 1, 1),
        ("dog-keeping", 1, 1),
        ("dog-keeping", 1, 2),
        ("heritage-quarter", 1, 1),
    ]
    assert late == roots.get(batch=2)[3]


def test_the_ledger_vouches_for_the_city(loaded_at, capsys) -> None:
    call_command("verify_ledger")
    assert "holds" in capsys.readouterr().out


def test_an_exemption_is_in_the_register(loaded_at) -> None:
    [exemption] = Exemption.objects.all()
    assert exemption.requested_by != exemption.approved_by
    assert exemption.public_statement


# --- the answers --------------------------------------------------------------------------------


def statement_of(key: str) -> SignedStatement:
    return SignedStatement.objects.get(announcement=of(key).announcement)


def test_two_led_to_a_document_one_was_abandoned_one_is_overdue(loaded_at) -> None:
    kinds = SignedStatement.objects.values_list("announcement__page__slug", "kind", "received")
    rental = len(STORIES["housing-rental"]["comments"])
    abandoned = len(STORIES["congestion-charge"]["comments"])
    assert set(kinds) == {
        ("elevator-subsidy", "adoption", 0),
        ("housing-rental", "adoption", rental),
        ("congestion-charge", "closing", abandoned),
    }
    assert Disclosure.objects.count() == 3
    assert statement_of("elevator-subsidy").round == 2
    released = Release.objects.filter(basis="consulted").values_list("page__slug", flat=True)
    assert set(released) == {"elevator-subsidy-2025", "housing-rental-rules-2026"}
    [period] = of("after-school").announcement.periods.all()
    assert loaded_at - period.closes_at > datetime.timedelta(days=150)


def test_what_was_before_the_site_is_imported(loaded_at) -> None:
    imported = Release.objects.filter(basis="imported").select_related("page")
    titles = {release.page.title: release.released_at.year for release in imported}
    assert titles == {"澜川市居住证实施办法": 2019, "澜川市生活垃圾管理条例": 2022}
    assert not Exemption.objects.filter(matter__contains="澜川市居住证实施办法").exists()
    waste = PolicyPage.objects.get(title="澜川市生活垃圾管理条例")
    assert waste.relations.get().target.slug == "waste-motion-2022"
    assert waste.release.interpretations.count() == 2


def test_the_long_one_has_a_campaign_of_sixty_and_opinions_of_every_kind(loaded_at) -> None:
    statement = statement_of("housing-rental")
    [group] = statement.announcement.groups.all()
    assert (group.state, group.members.count()) == ("confirmed", 60)
    opinions = list(statement.opinions.all())
    assert statement.received >= 150
    assert len(opinions) >= 25
    assert {opinion.disposition for opinion in opinions} == set(Disposition)
    assert sum(opinion.concentrated for opinion in opinions) >= 5
    assert statement.totals["people"] > statement.received
    assert {"web", "email", "post", "phone", "meeting"} == statement.totals["by_channel"].keys()
    assert {"no_consent", "abusive", "advertising", "personal_data"} == statement.totals[
        "withheld_by_reason"
    ].keys()
    assert statement.withdrawn == 3
    deposit = opinions[0]
    assert deposit.people > deposit.comments > 60 > deposit.arguments
    assert not answering.flags(statement.announcement)


def test_the_campaign_is_written_in_both_scripts_and_seldom_twice_the_same(loaded_at) -> None:
    texts = [c["text"] for c in STORIES["housing-rental"]["comments"] if "campaign" in c]
    assert len(set(texts)) > 50
    assert sum("徵求意見稿" in text for text in texts) >= 5


def test_every_reason_is_worth_reading_and_some_changes_have_no_opinion(loaded_at) -> None:
    statement = statement_of("housing-rental")
    assert all(len(opinion.reason) > 20 for opinion in statement.opinions.all())
    changes = answering.text_changes(statement.announcement)
    cited = [clause for opinion in statement.opinions.all() for clause in opinion.changed_clauses]
    articles = {"-".join(clause["anchor"].split("-")[:2]) for clause in cited}
    assert articles < set(changes.changed)
    assert {"art-17", "art-27"} <= set(changes.changed) - articles
    [struck] = statement.opinions.filter(text__contains="居民委员会报告")
    assert struck.removed_clauses == [{"anchor": "art-15", "number": "第十五条"}]


def test_the_officers_are_in_the_middle_of_one(loaded_at) -> None:
    announcement = of("dog-keeping").announcement
    lacking = answering.lacks(announcement, loaded_at)
    assert {lack.place for lack in lacking} == {"register", "comments", "opinion"}
    assert announcement.groups.filter(state="proposed").exists()
    officers = Counter(
        announcement.comments.filter(assignment__isnull=False).values_list(
            "assignment__officer__username", flat=True
        )
    )
    assert len(officers) == 2
    assert sum(officers.values()) < announcement.comments.count()
    assert outcome.final_text(announcement).public is False


def test_the_rule_of_concentration_and_phrases_are_there(loaded_at) -> None:
    assert ConcentrationRule.objects.get().people == 10
    assert {phrase.disposition for phrase in Phrase.objects.all()} >= set(Disposition)


def test_a_receipt_of_the_demo_finds_its_comment_and_two_answers(loaded_at) -> None:
    comment = answering.find(sample_receipt())
    assert comment is not None
    assert {answer.opinion.disposition for answer in comment.answers.all()} == {
        Disposition.ADOPTED,
        Disposition.OUT_OF_SCOPE,
    }


@pytest.mark.parametrize("key", ["housing-rental", "elevator-subsidy", "congestion-charge"])
@pytest.mark.parametrize("name", ["consultation", "comments", "print", "statement"])
def test_the_pages_of_what_was_answered_open(loaded_at, client, key, name) -> None:
    answer = client.get(reverse(f"consultations:{name}", args=[of(key).announcement.slug]))
    assert answer.status_code == 200


@pytest.mark.parametrize("slug", ["housing-rental-rules-2026", "elevator-subsidy-2025"])
def test_the_documents_that_came_of_them_open(loaded_at, client, slug) -> None:
    page = PolicyPage.objects.get(slug=slug)
    assert client.get(page.release.get_absolute_url()).status_code == 200
