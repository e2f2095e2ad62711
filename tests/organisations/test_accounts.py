"""Accounts are made and closed in the admin; rights come from memberships and nothing else."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from ledger.models import Entry
from organisations import services
from tests import factories as make

pytestmark = pytest.mark.django_db

DATA = {
    "username": "chen.yulan",
    "email": "chen.yulan@example.com",
    "last_name": "陈毓岚",
    "first_name": "",
    "password1": make.PASSWORD,
    "password2": make.PASSWORD,
}


@pytest.fixture
def administrator(client):
    person = make.administrator("fang.mingyuan")
    client.force_login(person)
    return person


def actions():
    return list(Entry.objects.values_list("action", flat=True).order_by("pk"))


def change(client, account, **data):
    form = DATA | {"username": account.username, "is_active": "on"} | data
    form |= {"password1": "", "password2": ""}
    return client.post(reverse("wagtailusers_users:edit", args=[account.pk]), form)


def test_an_administrator_makes_an_account_without_any_right(client, administrator):
    group = Group.objects.create(name="Everything")
    client.post(reverse("wagtailusers_users:add"), DATA | {"groups": [group.pk]})
    made = User.objects.get(username="chen.yulan")
    assert made.check_password(make.PASSWORD)
    assert not made.groups.exists()
    assert not made.is_superuser
    assert actions()[-1:] == ["account.made"]


def test_administrators_are_appointed_and_dismissed_by_another_one(client, administrator):
    account = make.person("he.jingshu")
    change(client, account, is_superuser="on")
    account.refresh_from_db()
    assert account.is_superuser
    assert actions()[-2:] == ["account.changed", "administrator.appointed"]
    change(client, account)
    account.refresh_from_db()
    assert not account.is_superuser
    assert actions()[-2:] == ["account.changed", "administrator.dismissed"]


def test_administrators_keep_their_own_power_when_they_change_their_name(client, administrator):
    change(client, administrator, last_name="方明远")
    administrator.refresh_from_db()
    assert administrator.last_name == "方明远"
    assert administrator.is_superuser
    assert administrator.is_active


def test_an_account_is_closed_and_keeps_its_groups(client, administrator):
    team = make.team()
    before = set(team.drafter.groups.all())
    assert before
    change(client, team.drafter, is_active="", groups=[])
    team.drafter.refresh_from_db()
    assert not team.drafter.is_active
    assert set(team.drafter.groups.all()) == before


def test_no_account_is_deleted(client, administrator):
    account = make.person("he.jingshu")
    client.post(reverse("wagtailusers_users:delete", args=[account.pk]))
    assert User.objects.filter(pk=account.pk).exists()
    listed = client.get(reverse("wagtailusers_users:index")).content.decode()
    assert "he.jingshu" in listed
    assert f"/admin/users/delete/{account.pk}/" not in listed


@pytest.mark.parametrize("action", ["assign_role", "delete", "set_active_state"])
def test_accounts_do_not_change_in_bulk(client, administrator, action):
    account, group = make.person("he.jingshu"), Group.objects.create(name="Everything")
    address = reverse("wagtail_bulk_action", args=["auth", "user", action])
    data = {"role": group.pk, "mark_as_active": ""}
    assert client.post(f"{address}?id={account.pk}", data).status_code == 404
    account.refresh_from_db()
    assert account.is_active
    assert not account.groups.exists()


def test_groups_cannot_be_reached(client, administrator):
    group = Group.objects.create(name="Everything")
    addresses = [
        reverse(f"wagtailusers_groups:{name}", args=args)
        for name, args in [
            ("index", []),
            ("add", []),
            ("edit", [group.pk]),
            ("delete", [group.pk]),
            ("history", [group.pk]),
            ("usage", [group.pk]),
        ]
    ]
    for address in addresses:
        assert client.get(address).status_code == 302, address
        assert client.post(address, {"name": "More"}).status_code == 302, address
    assert Group.objects.get(pk=group.pk).name == "Everything"
    assert "/admin/groups/" not in client.get("/admin/").content.decode()


def test_nobody_but_an_administrator_makes_accounts(client):
    team = make.team()
    client.force_login(team.manager)
    assert client.post(reverse("wagtailusers_users:add"), DATA).status_code == 302
    assert not User.objects.filter(username="chen.yulan").exists()
    with pytest.raises(services.Refused):
        services.save_account(
            User(username="x"), administrator=True, by=team.manager, now=timezone.now()
        )
    with pytest.raises(services.Refused):
        services.dismiss_administrator(team.drafter, by=team.manager, now=timezone.now())
