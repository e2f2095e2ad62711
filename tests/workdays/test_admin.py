"""The city's administrator reads the calendar, enters a notice and a correction."""

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from organisations.models import Role
from tests import factories as make
from workdays import services
from workdays.models import DayCorrection, Notice

pytestmark = pytest.mark.django_db

INDEX, NOTICE, CORRECTION = (
    reverse(f"workdays:{name}") for name in ("index", "notice", "correction")
)
FORM = {
    "number": "国办发明电〔2026〕9号",
    "title": "国务院办公厅关于2027年部分节假日安排的通知",
    "issued_on": "2026-11-20",
    "year": "2027",
    "holidays": "1月1日至3日放假。2月5日至11日；5月1日至5日；10月1日至7日",
    "make_ups": "2月13日（周六）、10月9日（周六）上班。",
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel("2026-11-23T01:00:00+00:00", tick=False):
        yield


@pytest.fixture
def administrator(client):
    person = make.person("chen", name="陈静", is_superuser=True, is_staff=True)
    client.force_login(person)
    return person


def errors(response):
    return dict(response.context["form"].errors)


def test_the_running_year_is_shown_with_its_notice(client, administrator):
    page = client.get(INDEX).content.decode()
    assert "国办发明电〔2025〕7号" in page
    assert page.count('class="calendar-month"') == 12
    assert page.count('<td class="calendar-day calendar-holiday') == 33


def test_a_year_without_a_notice_says_so(client, administrator):
    response = client.get(reverse("workdays:year", args=[2027]))
    assert response.status_code == 200
    assert "calendar-month" not in response.content.decode()


def test_a_year_that_no_calendar_has_is_not_found(client, administrator):
    assert client.get("/admin/workdays/99999/").status_code == 404


def test_a_sample_is_marked_as_one(client, administrator):
    services.announce_sample_year(2027, now=timezone.now())
    response = client.get(reverse("workdays:year", args=[2027]))
    assert response.context["is_sample"]
    assert "样本〔2027〕" in response.content.decode()


def test_a_preview_shows_the_year_and_saves_nothing(client, administrator):
    response = client.post(NOTICE, FORM | {"preview": "1"})
    assert response.context["counts"] == {"holidays": 22, "make_ups": 2}
    assert response.content.decode().count('class="calendar-month"') == 12
    assert 2027 not in services.years()


def test_a_notice_is_entered_and_what_it_touches_is_told(client, administrator, listening):
    response = client.post(NOTICE, FORM, follow=True)
    assert response.redirect_chain[0][0] == reverse("workdays:year", args=[2027])
    assert Notice.objects.get(year=2027).recorded_by == administrator
    assert "《排水管理办法》" in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "国办发明电〔2025〕7号"}, "number"),
        ({"issued_on": "2026-12-24"}, "issued_on"),
        ({"year": "2026"}, "year"),
        ({"year": "27"}, "year"),
        ({"holidays": "2月30日"}, "holidays"),
        ({"holidays": "2月5日至11日"}, "holidays"),
        ({"make_ups": "2月12日"}, "make_ups"),
        ({"make_ups": "2月5"}, "make_ups"),
    ],
)
@pytest.mark.parametrize("button", [{}, {"preview": "1"}], ids=["enter", "preview"])
def test_what_cannot_be_is_refused_beside_its_field(client, administrator, changes, field, button):
    response = client.post(NOTICE, FORM | changes | button)
    assert field in errors(response)
    assert 2027 not in services.years()


def test_days_are_corrected(client, administrator):
    notice = Notice.objects.get(year=2026)
    form = {"year": "2026", "days": "12月1日至2日", "kind": "holiday", "reason": "防汛停工"}
    response = client.post(CORRECTION, form | {"notice": notice.pk}, follow=True)
    assert DayCorrection.objects.count() == 2
    assert "防汛停工" in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"days": "昨天"}, "days"),
        ({"days": "13月1日"}, "days"),
        ({"reason": ""}, "reason"),
        ({"kind": "weekend"}, "kind"),
        ({"notice": ""}, "notice"),
        ({"number": "国办发明电〔2026〕1号"}, "issued_on"),
        ({"number": "国办发明电〔2026〕1号", "issued_on": "2026-11-20"}, "title"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_beside_its_field(
    client, administrator, changes, field
):
    form = {
        "year": "2026",
        "days": "12月1日",
        "kind": "holiday",
        "reason": "防汛停工",
        "notice": Notice.objects.get(year=2026).pk,
    }
    assert field in errors(client.post(CORRECTION, form | changes))
    assert not DayCorrection.objects.exists()


@pytest.mark.parametrize("address", [INDEX, NOTICE, CORRECTION])
def test_an_editor_of_an_organisation_does_not_get_in(client, address):
    drafter = make.person("li", make.organisation(), Role.DRAFTER)
    client.force_login(drafter)
    assert client.get(address).status_code == 302
    assert client.post(address, FORM).status_code == 302
    assert 2027 not in services.years()
    assert INDEX not in client.get(reverse("wagtailadmin_home")).content.decode()
