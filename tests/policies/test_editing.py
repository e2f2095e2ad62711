"""The editor's form: what it refuses, beside which field, and what it never loses."""

import pytest
from django.urls import reverse
from django.utils.translation import gettext
from wagtail.test.utils.form_data import rich_text
from wagtail.users.models import UserProfile

from policies.enums import Disclosure
from policies.models import PolicyPage
from tests import factories as make
from tests.admin_forms import edit_url, form_in, loaded, newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return make.team("LC-BG")


def test_the_form_of_a_complete_draft_can_be_submitted_as_it_came(client, bureau):
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    data = loaded(client, page, **{"action-submit": "1"})
    answer = client.post(edit_url(page), data)
    assert answer.status_code == 302, answer.context["form"].errors
    assert PolicyPage.objects.get(pk=page.pk).workflow_in_progress


def test_a_draft_with_nothing_in_it_can_be_saved(client, bureau):
    client.force_login(bureau.drafter)
    add = reverse("wagtailadmin_pages:add", args=["policies", "policypage", bureau.page.pk])
    answer = client.post(add, form_in(client.get(add).content.decode(), []))
    assert answer.status_code == 302
    assert PolicyPage.objects.child_of(bureau.page).count() == 1


@pytest.mark.parametrize(
    ("name", "blank"),
    [
        ("headline_zh_hans", ""),
        ("abstract_zh_hans", "  "),
        ("kind", ""),
        ("disclosure", Disclosure.WITHHELD),
        ("adopted_on", ""),
        ("issued_on", ""),
        ("effective_on", ""),
        ("subject", ""),
        ("body", []),
        ("body", [("text", "  ")]),
        ("no_interpretation_reason", ""),
        ("interpretation_due_on", ""),
    ],
)
def test_submitting_names_what_is_missing_beside_its_field(client, bureau, name, blank):
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page, **{name: blank, "action-submit": "1"})
    answer = client.post(edit_url(page), form)
    assert list(answer.context["form"].errors) == [name]
    assert not PolicyPage.objects.get(pk=page.pk).workflow_in_progress
    del form["action-submit"]
    again = client.post(edit_url(page), form)
    assert again.status_code == 302, "saving a draft is always possible"


def test_submitting_a_correction_without_its_reason_says_so_beside_the_reason(client, bureau):
    page = make.release_policy(bureau)
    client.force_login(bureau.drafter)
    changes = {"adoption_note": "经市政府常务会议通过", "action-submit": "1"}
    answer = client.post(edit_url(page), loaded(client, page, **changes))
    assert list(answer.context["form"].errors) == ["correction_reason"]
    changes["correction_reason"] = "补充通过说明"
    assert client.post(edit_url(page), loaded(client, page, **changes)).status_code == 302


def test_submitting_without_an_issuer_says_so_beside_the_issuers(client, bureau):
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page, **{"issuers-0-DELETE": "on", "action-submit": "1"})
    answer = client.post(edit_url(page), form)
    words = gettext("Name at least one issuing authority.")
    assert words in answer.context["form"].formsets["issuers"].non_form_errors()
    assert words in answer.content.decode()


def test_submitting_names_what_an_interpretation_below_lacks(client, bureau):
    page = make.policy(bureau)
    make.interpretation(bureau, page, body=[("text", "<p></p>")], speaker="")
    client.force_login(bureau.drafter)
    answer = client.post(edit_url(page), loaded(client, page, **{"action-submit": "1"}))
    assert len(answer.context["form"].non_field_errors()) == 2


def test_what_is_missing_is_named_in_the_editors_language(client, bureau):
    page = make.policy(bureau)
    profile = UserProfile.get_for_user(bureau.drafter)
    profile.preferred_language = "en"
    profile.save()
    client.force_login(bureau.drafter)
    form = loaded(client, page, **{"abstract_zh_hans": "", "action-submit": "1"})
    answer = client.post(edit_url(page), form)
    assert "This is missing; a document cannot be released without it." in answer.content.decode()


# --- a colleague was faster -------------------------------------------------------------------


@pytest.mark.parametrize("action", ["action-save", "action-submit"])
def test_a_save_over_a_colleagues_newer_draft_is_refused(client, bureau, action):
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page, headline_zh_hans="我的标题", **{action: "1"})
    colleague = newest(page)
    colleague.abstract_zh_hans = "同事改过的摘要"
    colleague.abstract_ja = "同僚の要約"
    theirs = colleague.save_revision(user=bureau.publisher)
    answer = client.post(edit_url(page), form)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert newest(page).abstract_ja == "同僚の要約"
    assert PolicyPage.objects.get(pk=page.pk).latest_revision == theirs
    assert str(bureau.publisher) in html
    assert "我的标题" in html, "what was typed is kept"
    [words] = answer.context["form"].non_field_errors()
    assert str(PolicyPage._meta.get_field("abstract_ja").verbose_name) in words
    assert f"/revisions/compare/{form['loaded_revision_id']}...{theirs.pk}/" in words


def test_after_the_refusal_one_may_save_knowing_what_they_changed(client, bureau):
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page, headline_zh_hans="我的标题")
    newest(page).save_revision(user=bureau.publisher)
    html = client.post(edit_url(page), form).content.decode()
    body = [(block.block_type, block.value) for block in newest(page).body]
    assert client.post(edit_url(page), form_in(html, body)).status_code == 302
    assert newest(page).headline_zh_hans == "我的标题"


def test_a_form_that_does_not_say_what_it_was_loaded_from_is_refused(client, bureau):
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page, headline_zh_hans="我的标题")
    del form["loaded_revision_id"]
    client.post(edit_url(page), form)
    assert newest(page).headline_zh_hans != "我的标题"


def test_reverting_over_a_colleagues_newer_draft_is_refused(client, bureau):
    page = make.policy(bureau)
    first = page.latest_revision
    newest(page).save_revision(user=bureau.drafter)
    client.force_login(bureau.drafter)
    revert = reverse("wagtailadmin_pages:revisions_revert", args=[page.pk, first.pk])
    form = form_in(client.get(revert).content.decode(), [("text", make.LAW)])
    theirs = newest(page).save_revision(user=bureau.publisher)
    assert client.post(revert, form).status_code == 200
    assert PolicyPage.objects.get(pk=page.pk).latest_revision == theirs


def test_a_background_save_over_a_newer_draft_is_refused_too(client, bureau):
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page, headline_zh_hans="我的标题")
    newest(page).save_revision(user=bureau.publisher)
    answer = client.post(edit_url(page), form, headers={"accept": "application/json"})
    assert answer.json()["error_code"] == "invalid_revision"


# --- what belongs to others -------------------------------------------------------------------


def test_a_crafted_form_cannot_refer_to_a_foreign_draft(client, bureau):
    secret = make.policy(make.team("LC-GA"), title="机密草案")
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page) | {
        "relations-TOTAL_FORMS": "1",
        "relations-0-kind": "cites",
        "relations-0-target": str(secret.pk),
        "relations-0-ORDER": "1",
        "relations-0-id": "",
    }
    assert client.post(edit_url(page), form).status_code == 200
    assert not newest(page).relations.exists()


def test_a_form_may_refer_to_what_another_organisation_has_released(client, bureau):
    public = make.release_policy(make.team("LC-GA"))
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    form = loaded(client, page) | {
        "relations-TOTAL_FORMS": "1",
        "relations-0-kind": "cites",
        "relations-0-target": str(public.pk),
        "relations-0-ORDER": "1",
        "relations-0-id": "",
    }
    assert client.post(edit_url(page), form).status_code == 302
    assert [relation.target for relation in newest(page).relations.all()] == [public]


# --- previews ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en", "ar"])
def test_a_draft_can_be_previewed_in_a_language(client, bureau, language):
    page = make.policy(bureau, headline_en="Measures for openness", translation_ready_en=True)
    client.force_login(bureau.drafter)
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
    form = loaded(client, page, translation_ready_en="on")
    assert client.post(preview, form).json() == {
        "is_valid": True,
        "is_available": True,
    }
    html = client.get(f"{preview}?mode={language}").content.decode()
    assert f'lang="{"zh-Hans" if language == "zh-hans" else language}"' in html
    assert page.headline_zh_hans in html
    assert ("Measures for openness" in html) == (language == "en")


def test_an_interpretation_and_an_unsaved_draft_can_be_previewed(client, bureau):
    page = make.policy(bureau)
    explained = make.interpretation(bureau, page)
    client.force_login(bureau.drafter)
    view = reverse("wagtailadmin_pages:view_draft", args=[explained.pk])
    assert explained.headline_zh_hans in client.get(view).content.decode()
    add = ["policies", "policypage", bureau.page.pk]
    html = client.get(reverse("wagtailadmin_pages:add", args=add)).content.decode()
    preview = reverse("wagtailadmin_pages:preview_on_add", args=add)
    form = form_in(html, [("text", "第一条 新办法。")]) | {"headline_zh_hans": "全新的办法"}
    assert client.post(preview, form).json()["is_valid"]
    assert "全新的办法" in client.get(f"{preview}?mode=en").content.decode()


def test_an_interpretation_stands_still_while_its_policy_is_in_review(client, bureau):
    page = make.policy(bureau)
    explained = make.interpretation(bureau, page)
    make.submit(page, bureau.drafter)
    client.force_login(bureau.drafter)
    html = client.get(edit_url(explained)).content.decode()
    assert "content-locked" in html
    body = [("text", rich_text("<p>换了的解读。</p>"))]
    form = loaded(client, explained, headline_zh_hans="换了", body=body)
    client.post(edit_url(explained), form)
    assert newest(explained).headline_zh_hans == explained.headline_zh_hans
