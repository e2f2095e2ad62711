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
from wagtail.models import Page

import demo
from consultations.enums import ChannelKind, CommentState, Procedure, Status, Withheld
from consultations.models import Comment, ConsultationPage, Exemption, MerkleRoot, Period
from consultations.rules import clauses, lineages
from demo import consultations, services
from legaltext.order import unbroken
from legaltext.parser import parse
from policies.models import PolicyPage
from tests.clock import at

DATA = Path(demo.__file__).parent / "data"
STORIES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (DATA / "consultations").glob("*.json")
}
ALL_LANGUAGES = {code for code, _name in settings.LANGUAGES}
BEFORE_DAWN = at("2026-11-23", "04:11")
SPRING_FESTIVAL = at("2027-02-09", "11:00")

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


def test_there_are_eight_and_two_of_them_have_a_hundred_comments() -> None:
    assert len(STORIES) >= 8
    assert sum(len(story["comments"]) >= 100 for story in STORIES.values()) == 2


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
def test_its_drafts_have_eight_to_twenty_five_articles_that_run_on(story: dict[str, Any]) -> None:
    for text in texts_of_rounds(story):
        tree = parse(text)
        assert unbroken(tree)
        assert 8 <= len(tree.articles()) <= 25


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
        consultations.load(replaced(), now=now)
        yield now
        transaction.set_rollback(True)


def replaced() -> dict[str, PolicyPage]:
    """Stand-ins for the documents that drafts would replace: loading all takes half a minute."""
    home = Page.objects.get(depth=2)
    slugs = {story["replaces"] for story in STORIES.values() if "replaces" in story}
    return {
        slug: home.add_child(instance=PolicyPage(title=slug, slug=slug, live=False))
        for slug in sorted(slugs)
    }


def of(key: str) -> ConsultationPage:
    page: ConsultationPage = ConsultationPage.objects.get(slug=key)
    return page


def test_every_state_shows_whenever_the_city_is_loaded(loaded_at) -> None:
    pages = ConsultationPage.objects.public().with_status(loaded_at)
    assert {page.slug: page.status_now for page in pages} == {
        "dog-keeping": Status.CLOSED,
        "ebike-parking": Status.CLOSING_SOON,
        "elevators": Status.OPEN,
        "gas-restaurants": Status.OPEN,
        "heritage-quarter": Status.OPEN,
        "outdoor-signs": Status.OPEN,
        "parking-sharing": Status.WITHDRAWN,
        "school-meals": Status.SCHEDULED,
    }


def test_what_can_happen_to_a_period_has_happened(loaded_at) -> None:
    causes = Counter(Period.objects.values_list("cause", flat=True))
    assert causes == {"announcement": len(STORIES), "extension": 1, "round": 1}
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
