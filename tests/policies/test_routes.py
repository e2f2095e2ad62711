"""Every route to publication and away from it leaves what was released untouched.

Each is walked by its real address in the admin where it has one. Whoever walks is the strongest
that could: the city-wide administrator, unless the route belongs to a publisher.
"""

import json

import pytest
from django.core.management import call_command
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from policies import services
from policies.models import Correction, PolicyPage, Release
from policies.services import Refused
from tests import factories as make
from tests.admin_forms import edit_url, loaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def released(bureau):
    """A released document with a newer draft that nobody has passed."""
    page = make.release_policy(bureau, title="已公开的办法")
    draft = page.get_latest_revision_as_object()
    draft.headline_zh_hans = "没有审过的标题"
    draft.body = [("text", "第一条 没有审过的文本。")]
    draft.save_revision(user=bureau.drafter)
    return PolicyPage.objects.get(pk=page.pk)


@pytest.fixture
def draft(bureau):
    return make.policy(bureau, title="没有审过的草案")


@pytest.fixture
def administrator(client):
    user = make.administrator("chen.yulan")
    client.force_login(user)
    return user


def facts(page):
    """Everything that a reader may rely on, as the database has it."""
    fresh = PolicyPage.objects.get(pk=page.pk)
    release = Release.objects.filter(page=page).values().first()
    return {
        "release": release,
        "address": fresh.release.get_absolute_url() if release else None,
        "url": fresh.url if release else None,
        "text": services.released_facts(fresh),
        "live": fresh.live,
        "revision": fresh.live_revision_id,
        "corrections": Correction.objects.count(),
        "public": set(PolicyPage.objects.public().values_list("pk", flat=True)),
        "releases": Release.objects.count(),
    }


def messages_after(client, answer):
    assert answer.status_code in {200, 302, 400}, answer.status_code
    return client.get(reverse("wagtailadmin_home")).content.decode()


# --- publishing by hand -------------------------------------------------------------------------


def test_there_is_no_publish_button_for_anybody(client, administrator, draft, released):
    for page in (draft, released):
        assert "action-publish" not in client.get(edit_url(page)).content.decode()


def test_a_crafted_publish_saves_a_draft_and_no_more(client, administrator, bureau, draft):
    before = facts(draft)
    client.post(edit_url(draft), loaded(client, draft, **{"action-publish": "1"}))
    assert facts(draft) == before
    add = reverse("wagtailadmin_pages:add", args=["policies", "policypage", bureau.page.pk])
    form = loaded(client, draft, headline_zh_hans="偷偷公开", **{"action-publish": "1"})
    client.post(add, form)
    made = PolicyPage.objects.get(title="偷偷公开")
    assert not made.live
    assert facts(draft) == before


def test_publishing_an_older_revision_by_its_address_changes_nothing(
    client, administrator, released
):
    before = facts(released)
    first = released.revisions.order_by("pk").first()
    revert = reverse("wagtailadmin_pages:revisions_revert", args=[released.pk, first.pk])
    form = loaded(client, released, **{"action-publish": "1"})
    assert client.post(revert, form).status_code == 302
    assert facts(released) == before, "it has become a new draft"


@pytest.mark.parametrize("which", ["first", "last"])
def test_the_shell_publishes_no_revision_that_was_not_passed(released, which):
    before = facts(released)
    revision = getattr(released.revisions.order_by("pk"), which)()
    with pytest.raises(Refused):
        revision.publish()
    assert facts(released) == before


def test_an_earlier_passed_revision_cannot_come_back(bureau):
    page = make.release_policy(bureau)
    old = page.live_revision
    page = make.correct(page, bureau, headline_zh_hans="更正后的标题")
    before = facts(page)
    with pytest.raises(Refused):
        old.publish()
    assert facts(page) == before


def test_a_correction_keeps_number_address_and_first_release(bureau):
    page = make.release_policy(bureau)
    before = facts(page)
    after = facts(make.correct(page, bureau, headline_zh_hans="更正后的标题"))
    assert after["release"] == before["release"]
    assert after["address"] == before["address"]
    assert after["text"]["headline"] == "更正后的标题"
    assert Correction.objects.get().old_headline == before["text"]["headline"]


def test_the_admin_api_publishes_nothing(client, administrator, draft, released):
    before = facts(draft), facts(released)
    for page in (draft, released):
        for action in ("publish", "unpublish", "delete", "create_alias"):
            url = reverse("wagtailadmin_api:pages:action", args=[page.pk, action])
            if (page, action) == (draft, "delete"):
                continue
            answer = client.post(url, json.dumps({}), content_type="application/json")
            assert 400 <= answer.status_code < 500, (action, answer.content)
    assert (facts(draft), facts(released)) == before


# --- bulk actions -------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["publish", "unpublish", "delete", "move"])
def test_a_bulk_action_changes_no_release(client, administrator, draft, released, action):
    before = facts(released)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
    other = make.team("LC-GA").page
    answer = client.post(f"{url}?id={released.pk}", {"chooser": other.pk, "include_descendants": 1})
    messages_after(client, answer)
    assert facts(released) == before
    if action == "publish":
        client.post(f"{url}?id={draft.pk}", {})
        assert not PolicyPage.objects.get(pk=draft.pk).live


def test_deleting_all_pages_of_an_organisation_is_refused(client, administrator, bureau, released):
    before = facts(released)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    client.post(f"{url}?id={bureau.page.pk}", {"confirm_site_name": "Gongkai 公开"})
    with pytest.raises((Refused, ProtectedError)):
        bureau.page.delete()
    with pytest.raises((Refused, ProtectedError)):
        Page.objects.filter(pk=released.pk).delete()
    assert facts(released) == before


# --- copy, alias, move --------------------------------------------------------------------------


@pytest.mark.parametrize("alias", ["", "1"])
@pytest.mark.parametrize("publish", ["", "1"])
def test_a_copy_is_an_unreleased_draft_or_nothing(client, administrator, released, alias, publish):
    before = facts(released)
    form = {
        "new_title": "副本",
        "new_slug": "copy",
        "publish_copies": publish,
        "alias": alias,
        "copy_subpages": "",
        "new_parent_page": released.get_parent().pk,
    }
    url = reverse("wagtailadmin_pages:copy", args=[released.pk])
    messages_after(client, client.post(url, {key: value for key, value in form.items() if value}))
    assert facts(released) == before
    copies = PolicyPage.objects.exclude(pk=released.pk)
    assert not copies.filter(live=True).exists()
    assert not copies.filter(alias_of__isnull=False).exists()
    assert all(not copy.is_released for copy in copies)


def test_a_copy_that_kept_its_live_flag_is_still_invisible(released):
    before = facts(released)
    copy = released.copy(keep_live=True, update_attrs={"slug": "copy", "title": "副本"})
    assert facts(released) == before
    assert copy.pk not in before["public"]
    with pytest.raises(Refused):
        released.create_alias(update_slug="alias")


def test_a_copied_document_is_reviewed_and_gets_a_number_of_its_own(bureau, released):
    copy = released.copy(keep_live=False, copy_revisions=False, update_attrs={"slug": "copy"})
    copy = make.review(copy, bureau)
    assert copy.release.serial == 2
    assert released.release.serial == 1


def test_a_move_changes_neither_number_nor_address(client, administrator, released):
    before = facts(released)
    other = make.team("LC-GA").page
    url = reverse("wagtailadmin_pages:move_confirm", args=[released.pk, other.pk])
    messages_after(client, client.post(url))
    assert facts(released) == before
    home = Page.objects.get(pk=released.pk).get_ancestors().type(type(other))[0]
    assert home == other.page_ptr, "the move itself took place"


# --- away from the public -----------------------------------------------------------------------


@pytest.mark.parametrize("route", ["unpublish", "delete"])
def test_a_released_document_is_not_taken_away(client, administrator, released, route):
    before = facts(released)
    url = reverse(f"wagtailadmin_pages:{route}", args=[released.pk])
    assert client.get(url).status_code == 302
    messages_after(client, client.post(url))
    assert facts(released) == before


@pytest.mark.parametrize("route", ["unpublish", "delete"])
def test_the_shell_is_refused_too(released, route):
    before = facts(released)
    with pytest.raises(Refused):
        getattr(released, route)()
    assert facts(released) == before


def test_an_interpretation_below_keeps_its_policy_from_being_deleted(bureau, client, administrator):
    page = make.policy(bureau)
    make.interpretation(bureau, page)
    page = make.review(page, bureau)
    before = facts(page)
    url = reverse("wagtailadmin_pages:delete", args=[page.pk])
    messages_after(client, client.post(url))
    assert facts(page) == before


def test_an_expiry_date_takes_nothing_away(released):
    Page.objects.filter(pk=released.pk).update(expire_at=timezone.now())
    before = facts(released)
    call_command("publish_scheduled", verbosity=0)
    assert facts(released) == before


def test_the_form_has_no_field_for_an_expiry(client, administrator, draft):
    assert 'name="expire_at"' not in client.get(edit_url(draft)).content.decode()


# --- behind the services ------------------------------------------------------------------------


def test_switching_live_on_by_a_query_shows_nothing(draft):
    PolicyPage.objects.filter(pk=draft.pk).update(live=True)
    assert not PolicyPage.objects.public().exists()
    assert not Release.objects.exists()


def test_switching_live_off_by_a_query_keeps_the_release(released):
    release = facts(released)["release"]
    PolicyPage.objects.filter(pk=released.pk).update(live=False)
    assert facts(released)["release"] == release


def test_the_tree_address_of_a_draft_is_not_found(client, draft):
    PolicyPage.objects.filter(pk=draft.pk).update(live=True)
    assert client.get(draft.get_url_parts()[2]).status_code == 404


# --- the review ---------------------------------------------------------------------------------


def test_a_refused_approval_is_a_message_and_not_an_error(client, bureau, draft):
    make.submit(draft, bureau.drafter)
    make.decide(draft, bureau.reviewer)
    services.oblige(draft, reason="征求意见", user=None, now=timezone.now())
    client.force_login(bureau.publisher)
    state = PolicyPage.objects.get(pk=draft.pk).current_workflow_task_state
    url = reverse("wagtailadmin_pages:workflow_action", args=[draft.pk, "approve", state.pk])
    answer = client.post(url)
    assert answer.status_code == 302
    assert answer["Location"] == edit_url(draft)
    assert "messages" in client.get(edit_url(draft)).content.decode()
    fresh = PolicyPage.objects.get(pk=draft.pk)
    assert not fresh.live
    assert fresh.current_workflow_task_state == state, "the step still waits"


def test_an_approval_publishes_exactly_the_text_that_was_passed(bureau, draft):
    make.submit(draft, bureau.drafter)
    make.decide(draft, bureau.reviewer)
    sneaked = PolicyPage.objects.get(pk=draft.pk).get_latest_revision_as_object()
    sneaked.headline_zh_hans = "审核后偷换的标题"
    sneaked.save_revision(user=bureau.drafter)
    make.decide(draft, bureau.publisher)
    assert not Release.objects.exists()
    state = PolicyPage.objects.get(pk=draft.pk).current_workflow_task_state
    assert state.task.specific.role == "reviewer", "the changed text begins again"


def test_purging_old_revisions_keeps_what_is_shown(released):
    before = facts(released)
    call_command("purge_revisions", pages=True, verbosity=0)
    assert facts(released) | {"revision": before["revision"]} == before
