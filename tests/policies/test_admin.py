"""The editors' own pages: start page, lists, withdrawal."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.users.models import UserProfile

from organisations import services
from policies.models import PolicyPage
from tests import factories as make

pytestmark = pytest.mark.django_db

YESTERDAY = datetime.date.today() - datetime.timedelta(days=2)  # noqa: DTZ011 - any day that is over


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def police():
    return make.team("LC-GA")


def home(client, user):
    client.force_login(user)
    return client.get(reverse("wagtailadmin_home")).content.decode()


def test_the_start_page_shows_what_waits_for_me(client, bureau):
    page = make.policy(bureau, title="等待审核的办法")
    make.submit(page, bureau.drafter)
    assert "data-workflow-action-url" in home(client, bureau.reviewer)
    assert "data-workflow-action-url" not in home(client, bureau.publisher)
    assert "等待审核的办法" in home(client, bureau.drafter), "it says where my document is"


def test_the_start_page_shows_the_overdue_interpretations_of_my_department(client, bureau, police):
    make.release_policy(bureau, title="欠解读的办法", interpretation_due_on=YESTERDAY)
    make.release_policy(bureau, title="还有时间的办法")
    late = make.release_policy(bureau, title="已补解读的办法", interpretation_due_on=YESTERDAY)
    make.review(make.interpretation(bureau, late), bureau)
    for person in (bureau.drafter, bureau.manager):
        html = home(client, person).partition('id="overdue')[2].partition("</table>")[0]
        assert "欠解读的办法" in html
        assert "还有时间的办法" not in html
        assert "已补解读的办法" not in html
    assert "欠解读的办法" not in home(client, police.drafter)
    assert "欠解读的办法" in home(client, make.administrator())


def test_the_start_page_shows_what_was_released(client, bureau, police):
    page = make.release_policy(bureau)
    assert page.release.get_absolute_url() in home(client, bureau.publisher)
    assert page.release.get_absolute_url() not in home(client, police.publisher)


def test_who_has_left_a_department_no_longer_sees_its_drafts_on_the_start_page(client, bureau):
    page = make.policy(bureau, title="内部草案")
    page.get_latest_revision_as_object().save_revision(user=bureau.drafter, log_action=True)
    make.submit(page, bureau.drafter)
    assert "内部草案" in home(client, bureau.drafter)
    services.revoke(bureau.drafter, bureau.organisation, "drafter", now=timezone.now())
    elsewhere = make.organisation("LC-JY")
    services.grant(bureau.drafter, elsewhere, "drafter", now=timezone.now())
    assert "内部草案" not in home(client, type(bureau.drafter).objects.get(pk=bureau.drafter.pk))


def test_the_lists_show_the_own_documents_and_filter_them(client, bureau, police):
    make.policy(bureau, title="草案一号", kind="notice")
    make.release_policy(bureau, title="已公开的规定", kind="decision")
    make.policy(police, title="别家的草案")
    client.force_login(bureau.drafter)
    index = reverse("policies_documents:index")
    everything = client.get(index).content.decode()
    assert "草案一号" in everything
    assert "已公开的规定" in everything
    assert "别家的草案" not in everything
    released = client.get(f"{index}?is_released=true").content.decode()
    assert "草案一号" not in released
    assert "LC-BG/" in released
    rules = client.get(f"{index}?kind=decision").content.decode()
    assert "已公开的规定" in rules
    assert "草案一号" not in rules
    assert client.get(reverse("policies_interpretations:index")).status_code == 200


def test_the_admin_speaks_english_too(client, bureau):
    profile = UserProfile.get_for_user(bureau.drafter)
    profile.preferred_language = "en"
    profile.save()
    page = make.policy(bureau)
    client.force_login(bureau.drafter)
    html = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    for heading in ("Text", "Facts", "Effects and relations", "Translations", "Release"):
        assert heading in html
    assert html.count("translation_ready_") >= 8


def test_a_publisher_withdraws_and_reinstates_with_a_reason(client, bureau):
    page = make.release_policy(bureau)
    client.force_login(bureau.publisher)
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    withdraw = reverse("policies_admin:withdraw", args=[page.pk])
    assert withdraw in client.get(edit).content.decode()
    assert client.post(withdraw, {"reason": " "}).status_code == 200
    assert client.post(withdraw, {"reason": "发布有误", "still_proactive": "on"}).status_code == 302
    assert not PolicyPage.objects.public().exists()
    again = client.post(withdraw, {"reason": "再撤一次"}, follow=True)
    assert again.status_code == 200, "a refusal is a message"
    reinstate = reverse("policies_admin:reinstate", args=[page.pk])
    assert reinstate in client.get(edit).content.decode()
    client.post(reinstate, {"reason": "已核实"})
    assert PolicyPage.objects.public().exists()


@pytest.mark.parametrize("who", ["drafter", "reviewer", "manager"])
def test_nobody_else_withdraws(client, bureau, who):
    page = make.release_policy(bureau)
    client.force_login(getattr(bureau, who))
    client.post(reverse("policies_admin:withdraw", args=[page.pk]), {"reason": "不行"})
    assert PolicyPage.objects.public().exists()


def test_a_publisher_elsewhere_does_not_withdraw(client, bureau, police):
    page = make.release_policy(bureau)
    client.force_login(police.publisher)
    url = reverse("policies_admin:withdraw", args=[page.pk])
    assert client.post(url, {"reason": "不行"}).status_code == 404
    assert PolicyPage.objects.public().exists()


def test_the_start_page_asks_a_constant_number_of_queries(
    client, bureau, django_assert_max_num_queries
):
    for number in range(3):
        make.release_policy(bureau, title=f"办法{number}", interpretation_due_on=YESTERDAY)
    client.force_login(bureau.drafter)
    client.get(reverse("wagtailadmin_home"))
    with django_assert_max_num_queries(45):
        client.get(reverse("wagtailadmin_home"))
