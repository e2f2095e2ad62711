"""The first release: its number, its completeness, its interpretation, and all of it or nothing."""

import datetime
from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from wagtail.models import Page

from freshness import services as freshness
from ledger.models import Entry
from organisations import services as organisations
from outbox.models import Message
from policies import services
from policies.enums import Disclosure, InterpretationKind
from policies.models import (
    IndexCounter,
    InterpretationPage,
    InterpretationRelease,
    InterpretationWaiver,
    PolicyNumber,
    PolicyPage,
    Release,
)
from policies.services import Refused
from tests import factories as make
from tests.concurrency import at_once
from tests.dying import all_or_nothing

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC)


@pytest.fixture
def bureau():
    return make.team("LC-BG")


def release_at(moment, bureau, **fields):
    with time_machine.travel(moment, tick=False):
        return make.release_policy(bureau, **fields)


def passed_legal_review(bureau, *explained, **fields):
    """A draft that only the publisher's approval keeps from its release."""
    page = make.policy(bureau, **fields)
    for facts in explained:
        make.interpretation(bureau, page, **facts)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    return page


# --- index numbers ------------------------------------------------------------------------------


def test_the_first_release_of_a_year_gets_serial_one_and_no_padding(bureau):
    numbers = [release_at(NOW, bureau).release.index_number for _ in range(2)]
    assert numbers == ["LC-BG/2026-1", "LC-BG/2026-2"]


def test_each_organisation_counts_for_itself(bureau):
    release_at(NOW, bureau)
    other = make.team("LC-GA")
    assert release_at(NOW, other).release.index_number == "LC-GA/2026-1"


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (datetime.datetime(2026, 12, 31, 15, 59, 59, tzinfo=datetime.UTC), "LC-BG/2026-1"),
        (datetime.datetime(2026, 12, 31, 16, 0, 0, tzinfo=datetime.UTC), "LC-BG/2027-1"),
    ],
    ids=["the last second of the year in Shanghai", "the first second of the next"],
)
def test_the_year_of_a_number_is_the_year_in_shanghai(bureau, moment, number):
    page = release_at(moment, bureau, interpretation_due_on=date(2027, 6, 1))
    assert page.release.index_number == number
    assert page.release.released_at == moment


def test_a_refused_release_leaves_no_gap(bureau):
    release_at(NOW, bureau)
    with pytest.raises(Refused):
        release_at(NOW, bureau, abstract_zh_hans="")
    assert release_at(NOW, bureau).release.serial == 2


def test_a_release_that_is_rolled_back_leaves_no_gap(bureau):
    page = passed_legal_review(bureau)
    with transaction.atomic():
        make.decide(page, bureau.publisher)
        assert Release.objects.get().serial == 1
        transaction.set_rollback(True)
    assert make.release_policy(bureau).release.serial == 1


def test_no_sql_changes_removes_or_replaces_a_release(bureau):
    release = make.release_policy(bureau).release
    other = make.policy(bureau)
    replacement = "INSERT" if connection.vendor == "postgresql" else "INSERT OR REPLACE"
    columns = "page_id, organisation_code, year, serial, released_at, basis"
    same_row = "SELECT id, page_id, organisation_code, year, 9, released_at, basis"
    same_number = f"SELECT {other.pk}, organisation_code, year, serial, released_at, basis"
    for statement in (
        "UPDATE policies_release SET serial = 7",
        "UPDATE policies_release SET year = 2001",
        "UPDATE policies_release SET page_id = page_id",
        "DELETE FROM policies_release",
        f"{replacement} INTO policies_release (id, {columns}) {same_row} FROM policies_release",
        f"{replacement} INTO policies_release ({columns}) {same_number} FROM policies_release",
    ):
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert Release.objects.get() == release
    assert Release.objects.values_list("serial", "year").get() == (release.serial, release.year)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"serial": 0}, "release_serial_from_one"),
        ({"basis": "because"}, "release_basis_known"),
        ({"organisation_code": "lc bg"}, "release_code_form"),
    ],
)
def test_the_database_refuses_a_malformed_release(bureau, facts, rule):
    page = make.policy(bureau)
    values = {
        "page": page,
        "organisation_code": "LC-BG",
        "year": 2026,
        "serial": 1,
        "released_at": NOW,
        "basis": "not_required",
        "kind": "notice",
        "business_related": False,
    }
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Release.objects.create(**values | facts)


def test_renaming_merging_and_moving_change_no_number_and_no_address(client, bureau):
    page = make.release_policy(bureau)
    number, address = page.release.index_number, page.release.get_absolute_url()
    heir = make.team("LC-NEW")
    organisations.rename(
        bureau.organisation, {"zh-hans": "澜川市新办公厅"}, valid_from=date(2026, 6, 1), now=NOW
    )
    organisations.merge([bureau.organisation], [heir.organisation], on=date(2026, 7, 1), now=NOW)
    Page.objects.get(pk=page.pk).move(Page.objects.get(pk=heir.page.pk), pos="last-child")
    moved = PolicyPage.objects.get(pk=page.pk)
    assert moved.release.index_number == number
    assert moved.get_url_parts()[2] == address
    assert client.get(address).status_code == 200


def test_a_corrected_document_that_was_moved_keeps_its_number(bureau):
    page = make.release_policy(bureau)
    heir = make.team("LC-NEW")
    Page.objects.get(pk=page.pk).move(Page.objects.get(pk=heir.page.pk), pos="last-child")
    moved = make.correct(PolicyPage.objects.get(pk=page.pk), heir, headline_zh_hans="新标题")
    assert moved.release.organisation_code == "LC-BG"


def test_a_copy_has_no_number_and_is_not_public(bureau):
    page = make.release_policy(bureau)
    copy = page.copy(update_attrs={"slug": "a-copy"}, user=bureau.drafter)
    assert not copy.is_released
    assert list(PolicyPage.objects.public()) == [page]
    assert Release.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_releases_at_the_same_moment_get_numbers_without_gap_or_double():
    bureau = make.team("LC-BG")
    pages = [passed_legal_review(bureau) for _ in range(5)]
    spoilt = passed_legal_review(bureau, disclosure=Disclosure.WITHHELD)
    outcomes = at_once(
        *(lambda page=page: make.decide(page, bureau.publisher) for page in [*pages, spoilt])
    )
    assert outcomes[:5] == [None] * 5
    assert isinstance(outcomes[5], Refused)
    assert sorted(Release.objects.values_list("serial", flat=True)) == [1, 2, 3, 4, 5]
    assert IndexCounter.objects.get().last == 5
    assert not Release.objects.filter(page=spoilt).exists()


# --- completeness -------------------------------------------------------------------------------


MISSING = [
    ("headline_zh_hans", ""),
    ("headline_zh_hans", "\u200b "),
    ("abstract_zh_hans", ""),
    ("abstract_zh_hans", "<p></p>"),
    ("abstract_zh_hans", "<p>&nbsp;</p>"),
    ("kind", ""),
    ("disclosure", ""),
    ("adopted_on", None),
    ("issued_on", None),
    ("effective_on", None),
    ("subject", None),
    ("body", []),
    ("body", [("text", "")]),
    ("body", [("text", "  \n\u3000")]),
    ("body", [("text", "<p></p>")]),
    ("issuers", []),
    ("no_interpretation_reason", "  "),
    ("interpretation_due_on", None),
]


@pytest.mark.parametrize(("field", "value"), MISSING)
def test_a_release_names_what_is_missing_beside_its_field(bureau, field, value):
    page = make.policy(bureau)
    setattr(page, field, value)
    assert set(services.missing(page)) == {field}


def test_a_complete_draft_lacks_nothing(bureau):
    assert services.missing(make.policy(bureau)) == {}


@pytest.mark.parametrize("disclosure", [Disclosure.ON_REQUEST, Disclosure.WITHHELD])
def test_only_documents_for_proactive_disclosure_are_released(bureau, disclosure):
    with pytest.raises(Refused, match=r"公开属性|disclosure"):
        make.release_policy(bureau, disclosure=disclosure)
    assert not PolicyPage.objects.public().exists()
    assert not Release.objects.exists()


def test_a_refusal_names_every_missing_element_at_once(bureau):
    page = passed_legal_review(bureau, abstract_zh_hans="", effective_on=None, body=[])
    with pytest.raises(Refused) as refusal:
        make.decide(page, bureau.publisher)
    assert len(refusal.value.messages) == 3


def test_an_unfinished_entry_in_a_list_is_named(bureau):
    page = make.policy(bureau)
    page.numbers = [PolicyNumber(text="")]
    assert set(services.missing(page)) == {"numbers"}


@pytest.mark.parametrize(
    "body",
    [
        [],
        [("text", "<p></p>")],
        [("question", {"question": "谁可以申请？", "answer": ""})],
        [("text", "<p>办法。</p>"), ("picture", {"image": None, "alternative": "图"})],
        [("text", "<p>办法。</p>"), ("video", {"video": None, "transcript": "词"})],
    ],
    ids=["no block", "an emptied one", "no answer", "no image", "no video"],
)
def test_an_interpretation_with_an_unfinished_text_lacks_it(bureau, body):
    page = make.interpretation(bureau, make.policy(bureau))
    page.body = body
    assert set(services.missing(page)) == {"body"}


def test_the_database_takes_no_waiver_without_a_reason(bureau):
    release = make.release_policy(bureau).release
    with pytest.raises(IntegrityError), transaction.atomic():
        InterpretationWaiver.objects.create(release=release, reason="", due_on=date(2026, 5, 1))


# --- the review ---------------------------------------------------------------------------------


def test_a_draft_that_nobody_reviewed_is_refused(bureau):
    page = make.policy(bureau)
    with pytest.raises(Refused):
        page.get_latest_revision().publish()
    assert not Release.objects.exists()


def test_a_revision_that_was_overwritten_after_its_review_is_refused(bureau):
    page = passed_legal_review(bureau)
    draft = page.get_latest_revision_as_object()
    draft.headline_zh_hans = "审核之后改的标题"
    draft.save_revision(user=bureau.drafter, overwrite_revision=page.get_latest_revision())
    with pytest.raises(Refused):
        make.decide(page, bureau.publisher)
    assert not Release.objects.exists()


# --- interpretations ----------------------------------------------------------------------------


def test_an_interpretation_is_released_with_its_policy(bureau):
    page = passed_legal_review(bureau, {}, {"kind": InterpretationKind.EXPERT})
    make.decide(page, bureau.publisher)
    release = Release.objects.get()
    assert [item.serial for item in release.interpretations.all()] == [1, 2]
    assert InterpretationPage.objects.public().count() == 2
    assert not InterpretationWaiver.objects.exists()
    first = release.interpretations.get(serial=1)
    assert first.released_at == release.released_at
    assert first.get_absolute_url() == f"{release.get_absolute_url()}interpretations/1/"


def test_an_incomplete_interpretation_holds_its_policy_back(bureau):
    page = passed_legal_review(bureau, {"speaker": ""})
    with pytest.raises(Refused):
        make.decide(page, bureau.publisher)
    assert not Release.objects.exists()


def test_an_interpretation_that_was_changed_after_the_review_began_is_refused(bureau):
    page = make.policy(bureau)
    explanation = make.interpretation(bureau, page)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    explanation.body = [("text", "<p>没有人审核过的话。</p>")]
    explanation.save_revision(user=bureau.drafter)
    with pytest.raises(Refused):
        make.decide(page, bureau.publisher)
    assert not Release.objects.exists()


def test_an_interpretation_that_was_added_after_the_review_began_is_refused(bureau):
    page = passed_legal_review(bureau)
    make.interpretation(bureau, page)
    with pytest.raises(Refused):
        make.decide(page, bureau.publisher)


def test_an_interpretation_may_be_changed_on_a_reviewers_request(bureau):
    page = make.policy(bureau)
    explanation = make.interpretation(bureau, page)
    state = make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer, "reject", comment="解读有误")
    explanation.body = [("text", "<p>改正了。</p>")]
    explanation.save_revision(user=bureau.drafter)
    state.refresh_from_db()
    state.resume(user=bureau.drafter)
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher)
    assert "改正了" in InterpretationPage.objects.public().get().words


def test_who_wrote_the_interpretation_cannot_approve_it(bureau):
    page = make.policy(bureau)
    explanation = make.interpretation(bureau, page)
    explanation.save_revision(user=bureau.reviewer)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    with pytest.raises(Refused):
        make.decide(page, bureau.publisher)


def test_a_policy_without_interpretation_leaves_a_waiver_with_reason_and_day(bureau):
    page = make.release_policy(
        bureau, no_interpretation_reason="解读正在起草。", interpretation_due_on=date(2026, 5, 1)
    )
    waiver = InterpretationWaiver.objects.get(release=page.release)
    assert (waiver.reason, waiver.due_on) == ("解读正在起草。", date(2026, 5, 1))


def test_an_overdue_interpretation_is_listed_until_it_appears(bureau):
    page = make.release_policy(bureau, interpretation_due_on=date(2026, 5, 1))
    overdue = InterpretationWaiver.objects.overdue
    assert not overdue(date(2026, 5, 1)).exists()
    assert [waiver.release.page for waiver in overdue(date(2026, 5, 2))] == [page]
    make.review(make.interpretation(bureau, page), bureau)
    assert not overdue(date(2026, 5, 2)).exists()


def test_a_withdrawn_policy_owes_no_interpretation(bureau):
    page = make.release_policy(bureau, interpretation_due_on=date(2026, 5, 1))
    services.withdraw(
        page.release, reason="内容有误", still_proactive=True, user=bureau.publisher, now=NOW
    )
    assert not InterpretationWaiver.objects.overdue(date(2027, 1, 1)).exists()


def test_a_later_interpretation_passes_its_own_review_and_gets_the_next_serial(bureau):
    page = passed_legal_review(bureau, {})
    make.decide(page, bureau.publisher)
    page = PolicyPage.objects.get(pk=page.pk)
    later = make.interpretation(bureau, page)
    with pytest.raises(Refused):
        later.get_latest_revision().publish()
    make.review(later, bureau)
    assert [item.serial for item in page.release.interpretations.all()] == [1, 2]


def test_an_interpretation_cannot_appear_before_its_policy(bureau):
    explanation = make.interpretation(bureau, make.policy(bureau))
    with pytest.raises(Refused):
        make.review(explanation, bureau)
    assert not InterpretationRelease.objects.exists()


# --- what a release leaves behind ---------------------------------------------------------------


def test_a_release_writes_the_ledger_and_the_outbox_and_makes_cached_pages_stale(bureau):
    before = freshness.current()
    page = passed_legal_review(bureau, {})
    make.decide(page, bureau.publisher)
    entry = Entry.objects.get(action="policy.released")
    assert entry.actor_id == bureau.publisher.pk
    assert entry.data == {"index_number": Release.objects.get().index_number}
    explanation = InterpretationPage.objects.get()
    sent = Message.objects.filter(topic="search.index").values_list("payload", flat=True)
    assert {"type": "policy", "ids": [page.pk]} in sent
    assert {"type": "interpretation", "ids": [explanation.pk]} in sent
    assert freshness.current() > before


def test_a_release_for_later_is_only_scheduled(bureau):
    tomorrow = NOW + datetime.timedelta(days=1)
    with time_machine.travel(NOW, tick=False):
        page = passed_legal_review(bureau, go_live_at=tomorrow)
        make.decide(page, bureau.publisher)
    assert not Release.objects.exists()
    assert not PolicyPage.objects.public().exists()
    revision = PolicyPage.objects.get(pk=page.pk).scheduled_revision
    with time_machine.travel(tomorrow, tick=False):
        revision.publish()
    assert Release.objects.get().released_at == tomorrow


def _everything(page):
    """All that a release changes."""
    return {
        "releases": Release.objects.count(),
        "interpretation releases": InterpretationRelease.objects.count(),
        "waivers": InterpretationWaiver.objects.count(),
        "counters": list(IndexCounter.objects.values_list("organisation_code", "year", "last")),
        "ledger": Entry.objects.count(),
        "outbox": Message.objects.count(),
        "version": freshness.current(),
        "pages": list(
            Page.objects.descendant_of(page, inclusive=True).values_list(
                "pk", "live", "live_revision", "latest_revision", "first_published_at", "title"
            )
        ),
        "steps": list(
            PolicyPage.objects.get(pk=page.pk).workflow_states.values_list(
                "status", "task_states__status"
            )
        ),
        "effects": PolicyPage.objects.filter(effects_on_it__isnull=False).count(),
    }


@time_machine.travel(NOW, tick=False)
def test_a_process_that_dies_between_any_two_statements_leaves_all_or_nothing(bureau):
    page = passed_legal_review(bureau, {})
    count = all_or_nothing(lambda: make.decide(page, bureau.publisher), lambda: _everything(page))
    assert count > 20
    assert not Release.objects.exists()

    make.decide(page, bureau.publisher)
    assert Release.objects.get().serial == 1
    assert InterpretationPage.objects.public().count() == 1
