"""Draft, legal review and publication are done by three different people, by every route."""

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from wagtail.models import TaskState, WorkflowState

from ledger.models import Entry
from organisations.models import Role
from organisations.services import Refused, grant
from policies.models import PolicyPage, Release
from tests import factories as make
from tests.admin_forms import edit_url, loaded, newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return make.team("LC-BG")


def waiting_for(page):
    state = PolicyPage.objects.get(pk=page.pk).current_workflow_task_state
    return state and state.task.specific.role


def action_url(page, action="approve"):
    state = PolicyPage.objects.get(pk=page.pk).current_workflow_task_state
    return reverse("wagtailadmin_pages:workflow_action", args=[page.pk, action, state.pk])


def test_a_document_that_three_people_passed_is_released(bureau):
    page = make.release_policy(bureau)
    assert page.live
    assert Release.objects.get().index_number == f"LC-BG/{page.release.year}-1"


def test_the_whole_way_can_be_walked_in_the_admin(client, bureau):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    for somebody in (bureau.reviewer, bureau.publisher):
        client.force_login(somebody)
        assert client.get(reverse("wagtailadmin_home")).status_code == 200
        client.post(action_url(page), follow=True)
    assert Release.objects.filter(page=page).exists()


@pytest.mark.parametrize("step", ["reviewer", "publisher"])
def test_the_drafter_cannot_take_a_later_step_by_its_address(client, bureau, step):
    grant(bureau.drafter, bureau.organisation, step, now=timezone.now())
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    if step == "publisher":
        make.decide(page, bureau.reviewer)
    client.force_login(bureau.drafter)
    answer = client.post(action_url(page), follow=True)
    assert answer.status_code == 200
    assert waiting_for(page) == step
    assert not Release.objects.exists()


def test_the_reviewer_cannot_publish_too_although_a_publisher(client, bureau):
    grant(bureau.reviewer, bureau.organisation, Role.PUBLISHER, now=timezone.now())
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    client.force_login(bureau.reviewer)
    client.post(action_url(page))
    with pytest.raises(Refused):
        make.decide(page, bureau.reviewer)
    assert waiting_for(page) == Role.PUBLISHER


def test_the_administrator_takes_one_step_but_not_two(bureau):
    boss = make.administrator()
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, boss)
    with pytest.raises(Refused):
        make.decide(page, boss)


def test_who_wrote_the_text_but_did_not_submit_it_cannot_review_it(bureau):
    grant(bureau.reviewer, bureau.organisation, Role.DRAFTER, now=timezone.now())
    page = make.policy(bureau)
    page.get_latest_revision_as_object().save_revision(user=bureau.reviewer)
    make.submit(page, bureau.drafter)
    with pytest.raises(Refused):
        make.decide(page, bureau.reviewer)


def test_a_reviewer_of_another_organisation_cannot_act(client, bureau):
    other = make.team("LC-GA")
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    client.force_login(other.reviewer)
    client.post(action_url(page))
    with pytest.raises(Refused):
        make.decide(page, other.reviewer)
    assert waiting_for(page) == Role.REVIEWER
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert page.headline_zh_hans not in home


def test_approving_behind_the_services_is_refused_at_the_publication(bureau):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    PolicyPage.objects.get(pk=page.pk).current_workflow_task_state.approve(user=bureau.reviewer)
    last = PolicyPage.objects.get(pk=page.pk).current_workflow_task_state
    with pytest.raises(Refused):
        last.approve(user=bureau.reviewer)
    assert waiting_for(page) == Role.PUBLISHER
    assert not Release.objects.exists()


@pytest.mark.parametrize("who", ["drafter", "reviewer", "publisher"])
def test_the_text_is_frozen_for_everybody_while_in_review(client, bureau, who):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    client.force_login(getattr(bureau, who))
    edit = edit_url(page)
    words = client.get(edit).content.decode()
    assert gettext("Nobody can change the text while it is in review") in words
    assert ("data-workflow-action-url" in words) == (who == "reviewer")
    client.post(edit, loaded(client, page, headline_zh_hans="改了的标题"))
    assert newest(page).headline_zh_hans == page.headline_zh_hans


def test_a_text_that_was_changed_on_request_passes_the_legal_review_again(bureau):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher, "reject", comment="改标题")
    draft = page.get_latest_revision_as_object()
    draft.headline_zh_hans = "改过的标题"
    draft.save_revision(user=bureau.drafter)
    WorkflowState.objects.for_instance(page).get().resume(user=bureau.drafter)
    assert waiting_for(page) == Role.REVIEWER
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher)
    assert PolicyPage.objects.get(pk=page.pk).headline_zh_hans == "改过的标题"
    assert TaskState.objects.filter(status=TaskState.STATUS_APPROVED).count() == 3


def test_every_step_of_a_review_stands_in_the_ledger(bureau):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher, "reject", comment="改标题")
    entries = Entry.objects.filter(action__startswith="review.").order_by("pk")
    assert [(entry.action, entry.actor_id, entry.data["step"]) for entry in entries] == [
        ("review.waits", bureau.drafter.pk, "reviewer"),
        ("review.approved", bureau.reviewer.pk, "reviewer"),
        ("review.waits", bureau.reviewer.pk, "publisher"),
        ("review.returned", bureau.publisher.pk, "publisher"),
    ]


def test_a_document_in_review_is_not_deleted_or_moved(client, bureau):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    client.force_login(bureau.drafter)
    for route in ("delete", "move"):
        client.post(reverse(f"wagtailadmin_pages:{route}", args=[page.pk]))
    assert PolicyPage.objects.filter(pk=page.pk).exists()


def test_resubmitting_without_a_change_does_not_skip_a_step(bureau):
    page = make.policy(bureau)
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer, "reject", comment="不行")
    WorkflowState.objects.for_instance(page).get().resume(user=bureau.drafter)
    assert waiting_for(page) == Role.REVIEWER
