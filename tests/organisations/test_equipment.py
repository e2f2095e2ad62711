"""An authority known from imports alone has neither groups nor files until somebody needs them."""

import datetime

import pytest
from django.contrib.auth.models import Group
from wagtail.models import Collection, Page

from organisations import services
from organisations.models import Role
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC)


@pytest.fixture
def unverified():
    return make.organisation("U0001", name="澜川省水利厅", verified=False)


def test_it_has_a_page_but_no_groups_and_no_collection(unverified):
    assert (
        Page.objects.child_of(unverified.page.get_parent()).filter(pk=unverified.page.pk).exists()
    )
    assert not Group.objects.filter(name__startswith="U0001").exists()
    with pytest.raises(Collection.DoesNotExist):
        services.collection_of(unverified)


def test_its_first_member_brings_them(unverified):
    editor = make.person("", unverified, Role.DRAFTER)
    assert services.collection_of(unverified).name == "U0001 澜川省水利厅"
    assert unverified.page.permissions_for_user(editor).can_add_subpage()


def test_its_verification_brings_them(unverified):
    unverified.verified = True
    services.amend(unverified, now=NOW)
    assert services.collection_of(unverified)
    assert Group.objects.filter(name__startswith="U0001").count() == len(Role)


def test_they_are_made_once(unverified):
    services.equip(unverified)
    services.equip(unverified)
    make.person("", unverified, Role.DRAFTER)
    assert Collection.objects.filter(name__startswith="U0001").count() == 1


def test_it_can_be_renamed_without_them(unverified):
    services.rename(
        unverified, {"zh-hans": "澜川省水务厅"}, valid_from=datetime.date(2026, 1, 1), now=NOW
    )
    assert unverified.name_on(datetime.date(2026, 2, 1)) == "澜川省水务厅"
