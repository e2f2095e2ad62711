"""No document appears before the public is answered, whatever route is taken.

Each route is walked by its real address or command, by the strongest who could walk it; after it
nothing of the document and nothing of the statement is to be seen anywhere.
"""

import json
from contextlib import suppress
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, Revision

from consultations import services as consultations
from consultations.enums import Change, Disposition, ExemptionGround
from consultations.models import (
    Announcement,
    Disclosure,
    SignedAnswer,
    SignedOpinion,
    SignedStatement,
)
from ledger.models import Entry
from outbox import services as outbox
from outbox.models import Message
from policies import services
from policies.enums import Basis, Kind
from policies.models import Obligation, ObligationLifting, PolicyIssuer, PolicyPage, Release
from policies.services import Refused
from policies.transfer import importing
from policies.transfer.rows import Row
from search import services as search
from tests import answering, clock
from tests import factories as make
from tests.admin_forms import edit_url, loaded
from tests.shelf import held

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

TITLE = "澜川市充电桩守口如瓶办法"
WORD = "守口如瓶"
ANSWER = "楼道宽不足一米二，所以写明门厅和通道"
NAMES, BY_KIND, BY_QUESTION = "names a consultation", "by its kind", "by the business question"
PAGES = [
    "/",
    "/policies/",
    "/policies/catalogue/",
    "/policies/interpretations/",
    "/policies/feed/",
    "/policies/LC-BG/2026-1/",
    "/policies/LC-BG/2026-1/interpretations/1/",
    "/sitemap.xml",
    "/sitemap-policies.xml",
    "/sitemap/",
    "/consultations/",
    "/consultations/feed/",
    "/consultations/board/",
    f"/search/?q={WORD}",
    f"/api/v1/search?q={WORD}",
    f"/api/v1/suggest?q={WORD}",
    "/api/v1/policies/",
    "/api/v1/policies/LC-BG/2026-1",
    "/api/v1/consultations/",
]
OF_THE_CONSULTATION = [
    "/consultations/{}/",
    "/consultations/{}/statement/",
    "/consultations/{}/statement/1/",
    "/consultations/{}/comments/",
    "/consultations/{}/print/",
    "/api/v1/consultations/{}",
    "/api/v1/consultations/{}/opinions",
    "/api/v1/consultations/{}/comments",
]


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """A bureau, its closed consultation, and one of others whose statement is signed.

    The opinion on the comments is decided and not signed; three documents that owe the answer, each
    for another reason, wait for their publisher.
    """
    with django_db_blocker.unblock(), held(tmp_path_factory.mktemp("search")):
        bureau = make.team("LC-BG")
        announcement = answering.asked(bureau)
        others = make.team("LC-GA")
        elsewhere = answering.asked(others)
        with clock.standing_at(clock.at(answering.CLOSED)):
            answering.policy(others, elsewhere)
            answering.answered(elsewhere, others)
            passed = {
                why: passed_legal_review(owing(bureau, announcement, why), bureau)
                for why in (BY_KIND, BY_QUESTION, NAMES)
            }
            answering.read_all(announcement, bureau.drafter)
            comments = list(announcement.comments.order_by("pk"))
            answering.opinion(announcement, comments, bureau.drafter, reason=ANSWER)
        yield bureau, announcement, elsewhere, passed


@pytest.fixture(autouse=True)
def _closed(made):
    """The clock stands after the close."""
    with clock.standing_at(clock.at(answering.CLOSED)):
        yield


@pytest.fixture(autouse=True)
def _own_index(settings, tmp_path):
    settings.SEARCH_DIR = tmp_path / "search"
    running = search.engine()
    yield
    running.close()


@pytest.fixture
def bureau(made):
    return made[0]


@pytest.fixture
def announcement(made):
    return Announcement.objects.get(pk=made[1].pk)


@pytest.fixture
def elsewhere(made):
    """The consultation of another bureau, whose statement is signed."""
    return made[2]


@pytest.fixture
def passed(made):
    return {why: PolicyPage.objects.get(pk=page.pk) for why, page in made[3].items()}


@pytest.fixture
def draft(bureau, announcement):
    """It names the consultation, and nobody has submitted it."""
    return owing(bureau, announcement, NAMES)


def owing(bureau, announcement, why, **fields):
    """A complete draft that owes the public an answer."""
    facts = {
        NAMES: {"consultation": announcement.page},
        BY_KIND: {"consultation": None, "kind": Kind.RULES},
        BY_QUESTION: {"consultation": None, "business_related": True},
    }
    values = {
        "body": [("text", answering.FINAL)],
        "issued_on": answering.day("2026-03-31"),
        "effective_on": answering.day("2026-05-01"),
    }
    values |= facts[why] | fields
    return make.policy(bureau, TITLE, number="澜充发〔2026〕8号", **values)


def passed_legal_review(page, bureau):
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    return PolicyPage.objects.get(pk=page.pk)


def submit_again(page, bureau):
    """Takes a document that was sent back through its review anew, as it is or changed."""
    state = PolicyPage.objects.get(pk=page.pk).current_workflow_state
    state.resume(user=bureau.drafter)
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher)
    return PolicyPage.objects.get(pk=page.pk)


def assert_nothing_shows(client, announcement):
    """No list, page, feed, map, data or search has a word of the document or the statement."""
    outbox.drain(timezone.now())
    client.logout()
    assert not PolicyPage.objects.public().exists()
    assert not Disclosure.objects.exists()
    asked_for = [*PAGES, *(path.format(announcement.slug) for path in OF_THE_CONSULTATION)]
    for path in asked_for:
        words = words_of(client.get(path))
        # The search shows what was typed.
        assert (TITLE if WORD in path else WORD) not in words, path
        assert ANSWER not in words, path
    shown = client.get(f"/api/v1/consultations/{announcement.slug}").json()
    assert shown["statement"] is None
    assert shown["policy"] is None
    assert shown["status"] == "closed"
    for page in Page.objects.filter(title=TITLE):
        assert client.get(page.specific.get_url_parts()[2]).status_code == 404


def words_of(answer):
    if "json" in answer["Content-Type"]:
        return json.dumps(answer.json(), ensure_ascii=False)
    return b"".join(answer).decode() if answer.streaming else answer.content.decode()


# --- the routes ---------------------------------------------------------------------------------


class Walker:
    """Somebody at the admin's addresses, the commands and the shell."""

    def __init__(self, client, page, bureau, tmp_path):
        self.client, self.page, self.bureau, self.folder = client, page, bureau, tmp_path
        self.administrator = make.administrator(f"chen.yulan.{page.pk}")

    @property
    def revision(self):
        return self.page.get_latest_revision()

    def publish_button(self):
        for user in (self.bureau.publisher, self.administrator):
            self.client.force_login(user)
            html = self.client.get(edit_url(self.page)).content.decode()
            assert "action-publish" not in html
            if 'id="page-edit-form"' in html:
                form = loaded(self.client, self.page, **{"action-publish": "1"})
                self.client.post(edit_url(self.page), form)

    def workflow_approval(self):
        for user in (self.bureau.publisher, self.administrator):
            self.client.force_login(user)
            state = PolicyPage.objects.get(pk=self.page.pk).current_workflow_task_state
            url = reverse(
                "wagtailadmin_pages:workflow_action", args=[self.page.pk, "approve", state.pk]
            )
            answer = self.client.post(url)
            assert answer["Location"] == edit_url(self.page)
            assert "messages" in self.client.get(edit_url(self.page)).content.decode()

    def workflow_approval_by_the_shell(self):
        make.decide(self.page, self.bureau.publisher)

    def workflow_approval_by_the_list(self):
        self.client.force_login(self.bureau.publisher)
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        self.client.post(f"{url}?id={self.page.pk}", {"include_descendants": 1})

    def bulk_publish(self):
        self.client.force_login(self.administrator)
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        self.client.post(f"{url}?id={self.page.pk}", {"include_descendants": 1})

    def schedule_by_a_query(self):
        past = timezone.now() - timedelta(days=1)
        Revision.objects.filter(pk=self.revision.pk).update(approved_go_live_at=past)
        call_command("publish_scheduled", verbosity=0)

    def copy_published(self):
        self.client.force_login(self.administrator)
        url = reverse("wagtailadmin_pages:copy", args=[self.page.pk])
        form = {
            "new_title": TITLE,
            "new_slug": "copy",
            "publish_copies": "1",
            "new_parent_page": self.page.get_parent().pk,
        }
        self.client.post(url, form)
        assert Page.objects.filter(slug="copy").exists()
        assert not Page.objects.filter(slug="copy", live=True).exists()

    def copy_kept_live(self):
        PolicyPage.objects.filter(pk=self.page.pk).update(live=True)
        copy = PolicyPage.objects.get(pk=self.page.pk).copy(
            keep_live=True, update_attrs={"slug": "copy"}
        )
        assert copy.live

    def copy_reviewed(self):
        copy = self.page.copy(keep_live=False, update_attrs={"slug": "copy"})
        make.review(copy, self.bureau)

    def copy_that_says_no(self):
        values = {"slug": "copy", "consultation": None, "kind": Kind.NOTICE}
        copy = self.page.copy(keep_live=False, copy_revisions=False, update_attrs=values)
        copy = copy.get_latest_revision_as_object()
        copy.consultation, copy.kind, copy.business_related = None, Kind.NOTICE, False
        copy.save_revision(user=self.bureau.drafter)
        make.review(copy, self.bureau)

    def alias(self):
        self.page.create_alias(update_slug="alias")

    def move(self):
        other = make.team("LC-YY").page
        self.client.force_login(self.administrator)
        self.client.post(reverse("wagtailadmin_pages:move_confirm", args=[self.page.pk, other.pk]))
        assert PolicyPage.objects.get(pk=self.page.pk).get_parent().pk == other.pk
        make.decide(self.page, self.bureau.publisher)

    def import_by_title(self):
        self.bring(title=TITLE)

    def import_by_number(self):
        self.bring(title="另一个题目", numbers=["澜充发〔2026〕8号"])

    def bring(self, **fields):
        row = {"id": "x", "body": "第一条 楼道内禁止充电。", "date": "2026-03-09"} | fields
        file = self.folder / "one.jsonl"
        file.write_text(json.dumps(row), "utf-8")
        with pytest.raises(SystemExit):
            call_command("import_policies", str(file))

    def data_interface(self):
        for path in (
            "/api/v1/policies/",
            "/api/v1/policies/LC-BG/2026-1",
            "/api/v1/consultations/",
        ):
            for method in ("post", "put", "patch", "delete"):
                self.client.force_login(self.administrator)
                send = getattr(self.client, method)
                answer = send(path, "{}", content_type="application/json")
                assert answer.status_code == 405, (method, path)

    def data_interface_of_the_admin(self):
        self.client.force_login(self.administrator)
        for action in ("publish", "create_alias", "copy"):
            url = reverse("wagtailadmin_api:pages:action", args=[self.page.pk, action])
            self.client.post(url, json.dumps({"keep_live": True}), content_type="application/json")

    def shell_publish(self):
        self.page.publish(self.revision)

    def shell_revision_publish(self):
        self.revision.publish(user=self.administrator)

    def shell_service(self):
        services.publish(self.page, self.revision, user=self.administrator, now=timezone.now())

    def shell_save(self):
        self.page.live = True
        self.page.save()

    def shell_bulk_update(self):
        self.page.live = True
        self.page.live_revision = self.revision
        PolicyPage.objects.bulk_update([self.page], ["live", "live_revision"])

    def shell_publish_without_its_guard(self):
        self.page.publish_unguarded(self.revision, self.administrator)

    def queryset_update(self):
        now = timezone.now()
        PolicyPage.objects.filter(pk=self.page.pk).update(
            live=True,
            live_revision=self.revision,
            first_published_at=now,
            has_unpublished_changes=False,
        )

    def raw_sql_on_the_page(self):
        run("UPDATE wagtailcore_page SET live = %s WHERE id = %s", [True, self.page.pk])

    def release_from_a_dump(self):
        release = Release(page=self.page, **facts_of(self.page))
        [one] = serializers.deserialize("json", serializers.serialize("json", [release]))
        with pytest.raises(IntegrityError), transaction.atomic():
            one.save()

    def interpretation_alone(self):
        page = make.interpretation(self.bureau, self.page, headline_zh_hans=f"解读{WORD}")
        make.review(page, self.bureau)

    def draft_without_the_consultation(self):
        make.decide(self.page, self.bureau.publisher, "reject")
        later = PolicyPage.objects.get(pk=self.page.pk).get_latest_revision_as_object()
        later.consultation, later.kind, later.business_related = None, Kind.NOTICE, False
        later.save_revision(user=self.bureau.drafter)
        submit_again(later, self.bureau)


ROUTES = [
    name for name in vars(Walker) if not name.startswith("_") and name not in {"revision", "bring"}
]
"""Every method of the walker is a route."""

REACH_THE_GATE = [
    "workflow_approval",
    "workflow_approval_by_the_shell",
    "copy_reviewed",
    "copy_that_says_no",
    "draft_without_the_consultation",
    "import_by_title",
    "release_from_a_dump",
    "shell_revision_publish",
]


@pytest.mark.parametrize("route", ROUTES)
def test_no_route_shows_a_document_whose_consultation_is_unanswered(
    client, passed, bureau, announcement, tmp_path, route
):
    walk(client, passed[NAMES], bureau, tmp_path, route)
    assert_nothing_shows(client, announcement)


@pytest.mark.parametrize("why", [BY_KIND, BY_QUESTION])
@pytest.mark.parametrize("route", REACH_THE_GATE)
def test_nor_one_that_the_public_has_to_be_asked_about(
    client, passed, bureau, announcement, tmp_path, why, route
):
    walk(client, passed[why], bureau, tmp_path, route)
    assert_nothing_shows(client, announcement)


def walk(client, page, bureau, tmp_path, route):
    before = Obligation.objects.count()
    with suppress(Refused):
        getattr(Walker(client, page, bureau, tmp_path), route)()
    assert not Release.objects.exists()
    assert Obligation.objects.count() >= before > 0


def test_the_same_way_leads_there_once_the_statement_is_signed(
    client, passed, bureau, announcement
):
    answering.sign(announcement, bureau)
    assert_nothing_shows(client, announcement)
    make.decide(passed[NAMES], bureau.publisher)
    outbox.drain(timezone.now())
    assert WORD in words_of(client.get("/policies/LC-BG/2026-1/"))
    assert TITLE in words_of(client.get(f"/api/v1/search?q={WORD}"))
    assert WORD in words_of(client.get("/policies/feed/"))
    shown = client.get(f"/api/v1/consultations/{announcement.slug}").json()
    assert shown["status"] == "answered"
    assert shown["statement"]["opinions"][0]["reason"] == ANSWER


# --- at a set time ------------------------------------------------------------------------------


NINE = clock.at("2026-03-12")
TEN = clock.at("2026-03-12", "10:00")


def test_a_closed_gate_stops_no_other_page_and_opens_when_the_statement_is_signed(
    client, bureau, announcement
):
    page = owing(bureau, announcement, NAMES, go_live_at=NINE)
    make.review(page, bureau)
    other = make.review(make.policy(bureau, "澜川市绿地通知", go_live_at=NINE), bureau)
    assert_nothing_shows(client, announcement)
    for moment in (NINE, NINE + timedelta(minutes=1)):
        with clock.standing_at(moment):
            call_command("publish_scheduled", verbosity=0)
            assert PolicyPage.objects.public().get().pk == other.pk
    assert PolicyPage.objects.get(pk=page.pk).scheduled_revision is not None, "its schedule is kept"
    refused = Entry.objects.filter(action="document.schedule_refused")
    assert refused.get().subject_id == str(page.pk)
    [letter] = Message.objects.filter(topic="mail.send")
    assert bureau.drafter.email in letter.payload["to"]
    assert not Disclosure.objects.exists()

    with clock.standing_at(TEN):
        answering.sign(announcement, bureau)
        assert PolicyPage.objects.public().count() == 1, "a signature shows nothing by itself"
        call_command("publish_scheduled", verbosity=0)
    assert Release.objects.get(page=page).released_at == TEN
    assert Disclosure.objects.get().disclosed_at == TEN
    assert refused.count() == 1
    assert PolicyPage.objects.get(pk=page.pk).scheduled_revision is None


# --- when an obligation arises ------------------------------------------------------------------


def test_an_obligation_arises_at_the_submission_and_not_before(draft, bureau, announcement):
    assert not Obligation.objects.filter(page=draft).exists()
    make.submit(draft, bureau.drafter)
    assert Obligation.objects.get(page=draft).announcement == announcement
    assert Entry.objects.filter(action="obligation.arose", subject_id=str(draft.pk)).count() == 1


def test_submitting_again_records_it_once(passed, bureau):
    page = passed[NAMES]
    make.decide(page, bureau.publisher, "reject")
    with pytest.raises(Refused):
        submit_again(page, bureau)
    assert Obligation.objects.filter(page=page).count() == 1


@pytest.mark.parametrize("why", [BY_KIND, BY_QUESTION])
def test_who_has_to_consult_owes_a_consultation_still_to_be_held(passed, why):
    assert Obligation.objects.get(page=passed[why]).announcement is None


@pytest.mark.parametrize(
    "kind", [Kind.RULES, Kind.ADMINISTRATIVE_REGULATION, Kind.LOCAL_REGULATION]
)
def test_legislation_has_to_be_consulted_on_whatever_it_is_about(bureau, announcement, kind):
    page = passed_legal_review(owing(bureau, announcement, BY_KIND, kind=kind), bureau)
    with answering.refused("consulted"):
        make.decide(page, bureau.publisher)


def test_who_names_a_consultation_that_is_not_announced_owes_one(bureau, announcement):
    planned = make.consultation(bureau)
    page = passed_legal_review(owing(bureau, announcement, NAMES, consultation=planned), bureau)
    assert Obligation.objects.get(page=page).announcement is None
    with answering.refused("not announced"):
        make.decide(page, bureau.publisher)
    make.decide(page, bureau.publisher, "reject")
    later = page.get_latest_revision_as_object()
    later.consultation = None
    later.save_revision(user=bureau.drafter)
    with answering.refused("consulted"):
        submit_again(later, bureau)


def test_the_business_question_has_to_be_answered(bureau, announcement):
    page = owing(bureau, announcement, BY_QUESTION, business_related=None)
    with pytest.raises(Refused):
        make.review(page, bureau)


def test_copies_inherit_what_is_owed_in_both_directions(bureau, draft, announcement):
    early = draft.copy(keep_live=False, update_attrs={"slug": "early"})
    make.submit(draft, bureau.drafter)
    late = draft.copy(keep_live=False, update_attrs={"slug": "late"})
    for copy in (early, late):
        assert copy.origin == draft.origin
        assert Obligation.objects.open_for(copy).get().announcement == announcement
        with pytest.raises(IntegrityError, match="release_"), transaction.atomic():
            insert_release(copy, basis="not_required")


def test_a_mistaken_one_is_lifted_and_the_mended_draft_goes_out(bureau, passed):
    page = passed[BY_QUESTION]
    obligation = Obligation.objects.get(page=page)
    with pytest.raises(Refused):
        services.lift_obligation(obligation, reason="填错", user=bureau.drafter, now=timezone.now())
    services.lift_obligation(obligation, reason="填错", user=bureau.reviewer, now=timezone.now())
    with answering.refused("consulted"):
        make.decide(page, bureau.publisher)
    make.decide(page, bureau.publisher, "reject")
    mended = page.get_latest_revision_as_object()
    mended.business_related = False
    mended.save_revision(user=bureau.drafter)
    assert submit_again(mended, bureau).release.basis == Basis.NOT_REQUIRED


def test_lifting_does_not_release_who_still_names_the_consultation(bureau, passed):
    page = passed[NAMES]
    services.lift_obligation(
        Obligation.objects.get(page=page), reason="填错", user=bureau.reviewer, now=timezone.now()
    )
    with answering.refused("not signed"):
        make.decide(page, bureau.publisher)


# --- exemptions ---------------------------------------------------------------------------------


def exemption(of):
    return consultations.exempt(
        of.organisation,
        ground=ExemptionGround.EMERGENCY,
        matter="防汛",
        reason="汛情紧急",
        public_statement="防汛应急，未征求意见。",
        requested_by=of.drafter,
        approved_by=of.reviewer,
        now=timezone.now(),
    )


@pytest.mark.parametrize("why", [BY_KIND, BY_QUESTION])
def test_an_exemption_opens_the_gate_once(bureau, announcement, why):
    granted = exemption(bureau)
    page = make.review(owing(bureau, announcement, why, exemption=granted), bureau)
    assert (page.release.basis, page.release.exemption) == (Basis.EXEMPT, granted)
    second = passed_legal_review(owing(bureau, announcement, why, exemption=granted), bureau)
    with answering.refused("Another document"):
        make.decide(second, bureau.publisher)


def test_an_exemption_of_another_organisation_opens_nothing(bureau, announcement):
    granted = exemption(make.team("LC-YY"))
    page = passed_legal_review(owing(bureau, announcement, BY_KIND, exemption=granted), bureau)
    with answering.refused("another organisation"):
        make.decide(page, bureau.publisher)


def test_an_exemption_does_not_stand_in_for_the_answer_to_a_consultation(bureau, announcement):
    page = owing(bureau, announcement, NAMES, exemption=exemption(bureau))
    with pytest.raises(Refused):
        make.review(page, bureau)


# --- statements that do not open it -------------------------------------------------------------


def test_the_statement_of_the_first_round_does_not_open_the_second(bureau, passed, announcement):
    page = passed[NAMES]
    statement = answering.sign(announcement, bureau)
    make.change(
        announcement, bureau, Change.ROUND, draft=make.DRAFT + "\n第七条 本办法由市局解释。"
    )
    for moment, words in (("2026-03-11", "not closed"), ("2026-04-01", "not signed")):
        with clock.standing_at(clock.at(moment)):
            with answering.refused(words):
                make.decide(page, bureau.publisher)
            refused_with(page, "release_statement_stands", basis="consulted", statement=statement)


def test_a_late_letter_makes_a_signed_statement_insufficient(bureau, passed, announcement):
    page = passed[NAMES]
    statement = answering.sign(announcement, bureau)
    answering.letter(announcement, bureau.drafter)
    with answering.refused("came in after"):
        make.decide(page, bureau.publisher)
    refused_with(page, "release_statement_stands", basis="consulted", statement=statement)
    answering.rewrite(announcement, bureau, correction_reason="补入一封迟到的来信")
    corrected = answering.answered(announcement, bureau)
    make.decide(page, bureau.publisher)
    assert Release.objects.get().disclosure.statement == corrected
    assert corrected.corrects == statement


def test_a_text_changed_after_the_signature_needs_a_correction(bureau, draft, announcement):
    answering.sign(announcement, bureau)
    later = draft.get_latest_revision_as_object()
    later.body = [("text", answering.FINAL.replace("门厅", "前厅"))]
    later.save_revision(user=bureau.drafter)
    page = passed_legal_review(later, bureau)
    with answering.refused("text has changed"):
        make.decide(page, bureau.publisher)


def test_a_withdrawn_draft_leads_to_no_document(bureau, passed, announcement):
    page = passed[NAMES]
    statement = answering.sign(announcement, bureau)
    consultations.withdraw(
        announcement, reason="上位法修改", user=bureau.publisher, now=timezone.now()
    )
    with answering.refused("withdrawn"):
        make.decide(page, bureau.publisher)
    refused_with(page, "release_statement_stands", basis="consulted", statement=statement)


def test_the_statement_of_another_consultation_does_not_open_it(bureau, passed, elsewhere):
    other = elsewhere.statements.get()
    page = passed[NAMES]
    refused_with(page, "release_of_another_consultation", basis="consulted", statement=other)
    make.decide(page, bureau.publisher, "reject")
    later = page.get_latest_revision_as_object()
    later.consultation = elsewhere.page
    later.save_revision(user=bureau.drafter)
    with answering.refused("Another organisation asks"):
        submit_again(later, bureau)


def test_naming_a_consultation_on_another_matter_does_not_open_it(bureau, elsewhere):
    page = passed_legal_review(
        owing(bureau, elsewhere, NAMES, body=[("text", "第一条 停车每小时十元。")]), bureau
    )
    with answering.refused("Another organisation asks"):
        make.decide(page, bureau.publisher)


@pytest.mark.parametrize("exempted", [False, True])
def test_a_document_does_not_keep_silent_about_what_was_asked_under_its_title(
    bureau, announcement, exempted
):
    title = announcement.versions.latest("seq").headline.replace("（征求意见稿）", "")
    grounds = {"exemption": exemption(bureau)} if exempted else {}
    page = passed_legal_review(make.policy(bureau, title.strip("《》"), **grounds), bureau)
    with answering.refused("name the consultation"):
        make.decide(page, bureau.publisher)
    assert not Release.objects.filter(page=page).exists()


def test_a_correction_does_not_take_back_what_was_adopted(bureau, draft, announcement):
    page = draft
    answering.answered(announcement, bureau)
    released = make.review(page, bureau)
    final = released.text

    taken_back = announcement.versions.latest("seq").text
    with answering.refused("has to stay"):
        make.correct(released, bureau, body=[("text", taken_back)])
    assert PolicyPage.objects.get(pk=released.pk).text == final


# --- raw SQL ------------------------------------------------------------------------------------


def run(sql, values=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def facts_of(page, **changes):
    fresh = PolicyPage.objects.get(pk=page.pk)
    return {
        "organisation_code": "LC-BG",
        "year": 2026,
        "serial": 1,
        "released_at": timezone.now(),
        "basis": "not_required",
        "kind": fresh.kind,
        "business_related": fresh.business_related,
    } | changes


def insert_release(page, *, how="INSERT", statement=None, exemption=None, **changes):
    """A release by a statement of SQL, with the page's own facts unless others are given."""
    values = facts_of(page, **changes) | {
        "page_id": page.pk,
        "statement_id": statement
        and SignedStatement._meta.pk.get_db_prep_value(statement.pk, connection),
        "exemption_id": exemption and exemption.pk,
    }
    columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    adapted = [
        connection.ops.adapt_datetimefield_value(value) if name == "released_at" else value
        for name, value in values.items()
    ]
    run(f"{how} INTO policies_release ({columns}) VALUES ({marks})", adapted)


def refused_with(page, rule, **facts):
    PolicyPage.objects.filter(pk=page.pk).update(consultation=page.consultation_id)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        insert_release(page, **facts)


@pytest.mark.parametrize("submitted", [False, True])
@pytest.mark.parametrize("why", [NAMES, BY_KIND, BY_QUESTION])
def test_no_release_by_sql_whatever_it_claims(
    client, bureau, announcement, elsewhere, why, submitted
):
    page = owing(bureau, announcement, why)
    if submitted:
        make.submit(page, bureau.drafter)
    claims = {
        "basis": [*Basis.values, "answered"],
        "statement": [None, elsewhere.statements.get()],
        "exemption": [None, exemption(make.team("LC-YY"))],
        "kind": [page.kind, Kind.NOTICE],
        "business_related": [page.business_related, False],
        "how": ["INSERT", "INSERT OR REPLACE"] if connection.vendor == "sqlite" else ["INSERT"],
    }
    for combination in product(*claims.values()):
        with pytest.raises(DatabaseError), transaction.atomic():
            insert_release(page, **dict(zip(claims, combination, strict=True)))
    assert_nothing_shows(client, announcement)


@pytest.mark.parametrize("why", [NAMES, BY_KIND, BY_QUESTION])
@pytest.mark.parametrize("copied", [False, True])
def test_what_is_owed_stays_owed_whatever_the_page_says_now(bureau, passed, why, copied):
    page = passed[why]
    if copied:
        page = page.copy(keep_live=False, update_attrs={"slug": "copy"})
    harmless = {"consultation": None, "kind": Kind.NOTICE, "business_related": False}
    PolicyPage.objects.filter(pk=page.pk).update(**harmless)
    with pytest.raises(IntegrityError, match="release_owes_an_answer"), transaction.atomic():
        insert_release(page, basis="not_required")


def test_a_copy_keeps_its_origin_whoever_changes_it(bureau, passed):
    page = passed[NAMES]
    with pytest.raises(IntegrityError, match="document_origin_stays"), transaction.atomic():
        PolicyPage.objects.filter(pk=page.pk).update(origin=uuid4())
    PolicyPage.objects.filter(pk=page.pk).update(origin=page.origin, kind=page.kind)


def test_what_was_drafted_here_was_not_imported_whatever_the_page_says(bureau, passed):
    page = passed[NAMES]
    facts = {"consultation": None, "kind": Kind.NOTICE, "latest_revision": None}
    PolicyPage.objects.filter(pk=page.pk).update(**facts)
    with pytest.raises(IntegrityError, match="release_imported_draft"), transaction.atomic():
        insert_release(page, basis="imported")


def test_neither_policy_nor_statement_appears_without_the_other(bureau, passed, announcement):
    page = passed[NAMES]
    statement = answering.sign(announcement, bureau)
    PolicyPage.objects.filter(pk=page.pk).update(consultation=announcement.page)
    disclosure = {"statement": statement, "disclosed_at": timezone.now()}
    with (
        pytest.raises(IntegrityError, match="disclosure_before_release"),
        transaction.atomic(),
    ):
        Disclosure.objects.create(**disclosure)

    @transaction.atomic
    def committed(*more):
        insert_release(page, basis="consulted", statement=statement)
        for insert in more:
            insert()
        connection.check_constraints()

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        committed()
    committed(lambda: Disclosure.objects.create(**disclosure))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE policies_obligation SET announcement_id = NULL",
        "UPDATE policies_obligation SET page_id = page_id + 1, origin = NULL",
        "UPDATE policies_obligation SET reason = 'x'",
        "DELETE FROM policies_obligation",
        (
            "INSERT INTO policies_obligationlifting (obligation_id, approver, reason, lifted_at) "
            "SELECT id, '', 'x', arose_at FROM policies_obligation"
        ),
        (
            "INSERT INTO policies_obligationlifting (obligation_id, approver, reason, lifted_at) "
            "SELECT id, 'root', 'x', arose_at FROM policies_obligation"
        ),
        (
            "INSERT INTO policies_obligationlifting (obligation_id, approver, reason, lifted_at) "
            "SELECT o.id, u.username, 'x', arose_at FROM policies_obligation o, auth_user u "
            "WHERE u.id = {drafter}"
        ),
        (
            "INSERT INTO policies_obligationlifting (obligation_id, approver, reason, lifted_at) "
            "SELECT o.id, u.username, ' ', arose_at FROM policies_obligation o, auth_user u "
            "WHERE u.id = {reviewer}"
        ),
        (
            "INSERT OR REPLACE INTO policies_obligation (id, page_id, reason, arose_at) "
            "SELECT id, page_id, reason, arose_at FROM policies_obligation"
        ),
        "UPDATE OR REPLACE policies_obligation SET announcement_id = NULL",
        "TRUNCATE policies_obligation CASCADE",
    ],
)
def test_no_sql_changes_or_lifts_what_is_owed(bureau, passed, sql):
    before = list(Obligation.objects.values())
    people = {"drafter": bureau.drafter.pk, "reviewer": bureau.reviewer.pk}
    with pytest.raises(DatabaseError), transaction.atomic():
        run(sql.format(**people))
    assert list(Obligation.objects.values()) == before
    assert not ObligationLifting.objects.exists()


@pytest.mark.parametrize(
    "model", [SignedStatement, SignedOpinion, SignedAnswer, Disclosure, Obligation, Release]
)
def test_no_sql_changes_what_was_signed_or_shown(bureau, passed, announcement, model):
    answering.sign(announcement, bureau)
    make.decide(passed[NAMES], bureau.publisher)
    before = list(model.objects.values())
    assert before
    table = model._meta.db_table
    for field in model._meta.concrete_fields:
        with pytest.raises(DatabaseError), transaction.atomic():
            run(f"UPDATE {table} SET {field.column} = {field.column}")
    again = [
        f"DELETE FROM {table}",
        f"INSERT INTO {table} SELECT * FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ]
    for sql in again:
        with pytest.raises(DatabaseError), transaction.atomic():
            run(sql)
    assert list(model.objects.values()) == before


# --- after the release --------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"kind": Kind.RULES}, {"business_related": True}])
def test_a_correction_does_not_make_it_what_had_to_pass_the_gate(bureau, change):
    page = make.release_policy(bureau, effective_on=answering.day("2026-05-01"))
    with answering.refused("put before the public"):
        make.correct(page, bureau, **change)


def test_a_correction_does_not_name_another_consultation(bureau, announcement):
    page = make.release_policy(bureau)
    with answering.refused("they stay"):
        make.correct(page, bureau, consultation=announcement.page)


# --- an import is no way round ------------------------------------------------------------------


def bring(tmp_path, **fields):
    row = {
        "id": "one",
        "title": "澜川市绿道办法",
        "body": "第一条 骑行在右。",
        "date": "2026-03-09",
        "owner": {"code": "LC-BG", "names": [{"name": {"zh-hans": "澜川市第LC-BG局"}}]},
    } | fields
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row), "utf-8")
    try:
        call_command("import_policies", str(file), verbosity=0)
    except SystemExit:
        return (tmp_path / "rows.jsonl.errors.jsonl").read_text()
    return ""


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"kind": "rules"}, True),
        ({"level": "地方性法规"}, True),
        ({"kind": "administrative_regulation", "date": ""}, True),
        ({"kind": "notice", "business_related": True}, True),
        ({"kind": "notice"}, False),
        ({"kind": "notice", "business_related": False}, False),
        ({"kind": "rules", "date": "2026-03-01"}, False),
        (
            {"kind": "rules", "owner": {"code": "LC-ZZ", "names": [{"name": {"zh-hans": "某局"}}]}},
            False,
        ),
    ],
)
def test_who_consults_here_imports_nothing_that_has_to_be_consulted_on(tmp_path, fields, refused):
    errors = bring(tmp_path, **fields)
    assert ("has to be consulted" in errors) == refused
    assert Release.objects.count() == (not refused)


def test_a_refused_row_stops_no_other(tmp_path):
    good = {"id": "good", "title": "澜川市绿道通知", "body": "骑行在右。", "date": "2026-03-09"}
    owner = {"code": "LC-BG", "names": [{"name": {"zh-hans": "澜川市第LC-BG局"}}]}
    bad = good | {"id": "bad", "title": "澜川市绿道规定", "kind": "rules", "owner": owner}
    file = tmp_path / "both.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in (good, bad, good | {"id": "g2"})), "utf-8")
    with pytest.raises(SystemExit):
        call_command("import_policies", str(file), verbosity=0)
    assert Release.objects.count() == 2
    [line] = (tmp_path / "both.jsonl.errors.jsonl").read_text().splitlines()
    assert json.loads(line)["line"] == 2


def test_a_draft_of_the_editor_is_no_import(bureau, announcement):
    page = make.policy(bureau)
    with pytest.raises(IntegrityError, match="release_imported_draft"), transaction.atomic():
        insert_release(page, basis="imported")


def test_what_was_not_adopted_opens_it_too(bureau, passed, announcement):
    """The gate asks for an answer, not for a yes."""
    consultations.decide(
        announcement.opinions.get(),
        Disposition.NOT_ADOPTED,
        reason=f"{ANSWER}，不再重复规定。",
        user=bureau.drafter,
        now=timezone.now(),
    )
    answering.sign(announcement, bureau)
    make.decide(passed[NAMES], bureau.publisher)
    assert Release.objects.get().basis == Basis.CONSULTED


# --- nor by another title, kind, day or authority -----------------------------------------------

OPEN = "云屏区石板巷保护利用管理办法"


def authority(code):
    return {"code": code, "names": [{"name": {"zh-hans": f"澜川市第{code}局"}}]}


def assert_not_imported(client, title):
    """Neither released nor in any list, and the search does not know it."""
    outbox.drain(timezone.now())
    assert not Release.objects.exists()
    assert not PolicyPage.objects.filter(live=True).exists()
    for path in ("/policies/", "/policies/catalogue/", "/policies/feed/", "/sitemap-policies.xml"):
        assert title not in words_of(client.get(path)), path
    assert client.get("/api/v1/policies/").json()["results"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "rules", "date": "2020-01-01"},
        {"kind": "rules", "owner": authority("LC")},
        {"kind": "rules", "owner": None, "issuer": "澜川市人民政府"},
        {"kind": "notice", "owner": None},
    ],
    ids=["no kind", "an old day", "another of this site", "by name", "nobody's"],
)
@pytest.mark.parametrize(
    "written",
    ["{}", "{}（修订）", "{}（征求意见稿）", " 《{}》", "关于印发《{}》的通知"],
)
def test_no_row_has_the_title_of_what_was_consulted_on(
    client, tmp_path, announcement, fields, written
):
    make.organisation("LC", name="澜川市人民政府")
    title = announcement.versions.get().headline.removesuffix("（征求意见稿）")
    assert "consulted on this document here" in bring(
        tmp_path, **({"title": written.format(title)} | fields)
    )
    assert_not_imported(client, title)


def test_nor_while_others_still_take_comments_on_it(client, tmp_path):
    make.announce(make.team("LC-YP"), headline_zh_hans=f"{OPEN}（征求意见稿）")
    assert "consulted on this document here" in bring(tmp_path, title=OPEN)
    assert_not_imported(client, OPEN)


def test_nor_once_the_draft_was_withdrawn(client, tmp_path, announcement, bureau):
    title = announcement.versions.get().headline.removesuffix("（征求意见稿）")
    consultations.withdraw(
        announcement, reason="上位法修改", user=bureau.publisher, now=timezone.now()
    )
    assert "consulted on this document here" in bring(tmp_path, title=title)
    assert_not_imported(client, title)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"business_related": True, "owner": None, "issuer": "某部"}, "business_related"),
        ({"business_related": True, "owner": authority("ZZ")}, "business_related"),
        ({"owner": None, "issuer": "某部、澜川市第LC-GA局"}, "one of this site"),
        ({"owner": authority("LC-QT")}, "one of this site"),
        ({"owner": authority("LC-QT"), "date": "2026-03-02"}, "one of this site"),
        ({"owner": authority("LC-QT"), "kind": None}, "kind: has to be stated"),
    ],
)
def test_after_the_first_consultation_legislation_is_drafted_here(client, tmp_path, fields, words):
    """Whoever of this site issues it, and whether it ever consulted or not."""
    make.organisation("LC-QT", name="澜川市气田局")
    row = {"title": "澜川市绿道办法", "kind": "rules"} | fields
    assert words in bring(tmp_path, **row)
    assert_not_imported(client, "澜川市绿道办法")


@pytest.mark.parametrize(
    "fields",
    [
        {"owner": None, "issuer": "交通运输部"},
        {"owner": authority("ZZ")},
        {"owner": authority("LC-QT"), "date": "2026-03-01"},
        {"owner": authority("LC-QT"), "kind": "notice"},
    ],
)
def test_what_no_consultation_here_was_about_goes_in_as_before(tmp_path, fields):
    make.organisation("LC-QT", name="澜川市气田局")
    assert bring(tmp_path, **({"kind": "rules"} | fields)) == ""
    assert Release.objects.get().basis == Basis.IMPORTED


def test_no_row_has_the_title_of_a_draft_that_names_a_consultation(client, tmp_path, bureau):
    """Before it is submitted, and though its consultation is not announced yet."""
    asked = make.consultation(bureau, headline_zh_hans=f"{OPEN}（征求意见稿）")
    draft = make.policy(bureau, "澜川市夜市通知")
    assert bring(tmp_path, id="first", title="澜川市早市通知") == ""
    Release.objects.get()
    newest = draft.get_latest_revision_as_object()
    newest.consultation = asked
    newest.save_revision(user=bureau.drafter)
    assert "still owes an answer" in bring(tmp_path, title="澜川市夜市通知")
    assert Release.objects.count() == 1


def test_titles_are_looked_up_once_for_all_rows(tmp_path, django_assert_max_num_queries):
    rows = [
        (n, Row(id=str(n), title="澜川市电动自行车停放和充电管理办法", body="第一条 略。"))
        for n in range(400)
    ]
    with django_assert_max_num_queries(15):
        list(importing.import_rows(rows, now=timezone.now()))


COMPLETE = {
    "adopted_on": answering.day("2026-01-06"),
    "issued_on": answering.day("2026-01-08"),
    "effective_on": answering.day("2026-03-01"),
    "abstract_zh_hans": "绿道骑行须知。",
    "disclosure": "proactive",
}


@pytest.mark.parametrize(
    ("change", "words"), [("kind", "put before the public"), ("title", "name the consultation")]
)
def test_an_imported_document_is_not_corrected_into_what_has_to_pass_the_gate(
    tmp_path, bureau, announcement, change, words
):
    assert bring(tmp_path, title="澜川市绿道须知", kind="notice") == ""
    page = PolicyPage.objects.get(release__basis="imported")
    title = announcement.versions.latest("seq").headline.strip("《》")
    changes = {"kind": {"kind": Kind.RULES}, "title": {"headline_zh_hans": title}}
    page.subject = make.policy(bureau).subject
    page.issuers = [PolicyIssuer(organisation=bureau.organisation)]
    with answering.refused(words):
        make.correct(page, bureau, **COMPLETE | changes[change])
    fresh = PolicyPage.objects.get(pk=page.pk)
    assert (fresh.kind, fresh.headline_zh_hans) == ("notice", "澜川市绿道须知")
