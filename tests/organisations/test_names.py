"""An authority is renamed or merged; what it released keeps number, address and name of its day."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import Page

from organisations import services
from organisations.models import Organisation, OrganisationName
from tests import factories as make

DAY = datetime.date(2025, 7, 1)


def numbers_and_addresses(page):
    page.refresh_from_db()
    return page.release.index_number, page.release.get_absolute_url(), page.url


@pytest.mark.django_db
def test_renaming_changes_no_number_and_no_address():
    team = make.team("LC-BG", name="澜川市旧名局")
    page = make.release_policy(team)
    before = numbers_and_addresses(page)
    services.rename(
        team.organisation,
        {"zh-hans": "澜川市新名局", "en": "New Bureau"},
        valid_from=DAY,
        now=timezone.now(),
    )
    assert numbers_and_addresses(page) == before
    fresh = Organisation.objects.get(code="LC-BG")
    assert fresh.name_on(DAY - datetime.timedelta(days=1)) == "澜川市旧名局"
    assert fresh.name_on(DAY) == "澜川市新名局"
    assert fresh.name_on(DAY, "en") == "New Bureau"
    assert fresh.name_on(DAY, "ja") == "澜川市新名局", "Chinese where there is no translation"
    assert fresh.name_on(None) == "澜川市新名局"


@pytest.mark.django_db
def test_merging_changes_no_number_and_no_address():
    old, new = make.team("LC-BG"), make.team("LC-GA")
    page = make.release_policy(old)
    before = numbers_and_addresses(page)
    services.merge([old.organisation], [new.organisation], on=DAY, now=timezone.now())
    assert numbers_and_addresses(page) == before
    assert [row.successor for row in old.organisation.successions.all()] == [new.organisation]


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["lc-bg", "LC BG", "", "局", "LC_BG", "LC-BG\n"])
def test_a_malformed_code_is_refused(code):
    make.ground()
    with pytest.raises(ValidationError):
        services.establish(code, level="city", names={"zh-hans": "某局"}, now=timezone.now())


@pytest.mark.django_db
def test_a_code_never_changes():
    organisation = make.organisation("LC-BG")
    organisation.code = "LC-XX"
    with pytest.raises(services.Refused):
        services.amend(organisation, now=timezone.now())


@pytest.mark.django_db
def test_the_subtree_stands_flat_below_the_home_page_whatever_the_parent():
    city = make.organisation("LC")
    bureau = make.organisation("LC-BG", parent=city)
    assert bureau.page.get_parent() == city.page.get_parent()
    assert bureau.page.slug == "lc-bg"
    assert Page.objects.get(pk=bureau.page.pk).slug.isascii()


@given(st.lists(st.dates(), unique=True, max_size=6), st.dates())
def test_the_name_of_a_day_is_the_newest_that_was_valid_then(starts, day):
    organisation = Organisation(code="X")
    names = [OrganisationName(valid_from=start, name_zh_hans=str(start)) for start in starts]
    names.append(OrganisationName(valid_from=None, name_zh_hans="first"))
    setattr(organisation, "_prefetched_objects_cache", {"names": names})  # noqa: B010
    organisation.pk = 1
    expected = max((start for start in starts if start <= day), default=None)
    assert organisation.name_on(day) == (str(expected) if expected else "first")
