"""Who gives roles to whom, in the services and in the admin."""

import pytest
from django.urls import reverse
from django.utils import timezone

from ledger.models import Entry
from organisations import services
from organisations.models import Membership, Organisation, Role
from organisations.services import Refused
from tests import factories as make

pytestmark = pytest.mark.django_db

MEMBERS = "organisations_membership"


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def police():
    return make.team("LC-GA")


def test_a_role_gives_the_group_and_taking_it_takes_the_group(bureau):
    newcomer = make.person("su.ruolin")
    given = {"by": bureau.manager, "now": timezone.now()}
    services.grant(newcomer, bureau.organisation, Role.DRAFTER, **given)
    assert list(newcomer.groups.values_list("name", flat=True)) == ["LC-BG · drafter"]
    services.revoke(newcomer, bureau.organisation, Role.DRAFTER, **given)
    assert not newcomer.groups.exists()
    actions = Entry.objects.filter(actor_id=bureau.manager.pk).order_by("pk")
    assert [entry.action for entry in actions] == ["membership.granted", "membership.revoked"]


@pytest.mark.parametrize("who", ["drafter", "reviewer", "publisher"])
def test_only_a_manager_gives_roles(bureau, who):
    with pytest.raises(Refused):
        services.grant(
            make.person(),
            bureau.organisation,
            Role.DRAFTER,
            by=getattr(bureau, who),
            now=timezone.now(),
        )


def test_a_manager_gives_no_roles_elsewhere(bureau, police):
    with pytest.raises(Refused):
        services.grant(
            make.person(), police.organisation, Role.DRAFTER, by=bureau.manager, now=timezone.now()
        )


def test_nobody_manages_themselves_up(bureau):
    with pytest.raises(Refused):
        services.grant(
            bureau.manager,
            bureau.organisation,
            Role.PUBLISHER,
            by=bureau.manager,
            now=timezone.now(),
        )


def test_only_an_administrator_makes_administrators(bureau):
    boss = make.administrator()
    with pytest.raises(Refused):
        services.appoint_administrator(bureau.drafter, by=bureau.manager, now=timezone.now())
    services.appoint_administrator(bureau.drafter, by=boss, now=timezone.now())
    bureau.drafter.refresh_from_db()
    assert bureau.drafter.is_superuser


def test_a_manager_sees_and_changes_only_the_members_of_the_own_organisation(
    client, bureau, police
):
    client.force_login(bureau.manager)
    html = client.get(reverse(f"{MEMBERS}:index")).content.decode()
    assert str(bureau.drafter) in html
    assert str(police.drafter) not in html
    newcomer = make.person("su.ruolin")
    form = {"account": "su.ruolin", "organisation": bureau.organisation.pk, "role": Role.DRAFTER}
    client.post(reverse(f"{MEMBERS}:add"), form)
    assert services.roles_of(newcomer, bureau.organisation) == {Role.DRAFTER}
    client.post(reverse(f"{MEMBERS}:add"), form | {"organisation": police.organisation.pk})
    assert not services.roles_of(newcomer, police.organisation)
    mine = Membership.objects.get(user=newcomer)
    theirs = Membership.objects.filter(organisation=police.organisation)
    for membership in (mine, theirs[0]):
        client.post(reverse(f"{MEMBERS}:delete", args=[membership.pk]))
    assert not newcomer.groups.exists()
    assert theirs.count() == 4


def test_a_manager_cannot_raise_themselves_in_the_admin(client, bureau):
    client.force_login(bureau.manager)
    form = {
        "account": bureau.manager.username,
        "organisation": bureau.organisation.pk,
        "role": Role.PUBLISHER,
    }
    assert client.post(reverse(f"{MEMBERS}:add"), form).status_code == 200
    assert services.roles_of(bureau.manager, bureau.organisation) == {Role.MANAGER}


@pytest.mark.parametrize("who", ["drafter", "reviewer", "publisher"])
def test_others_have_no_members_to_see(client, bureau, who):
    client.force_login(getattr(bureau, who))
    assert client.get(reverse(f"{MEMBERS}:index")).status_code == 302


def test_an_administrator_establishes_an_authority_in_the_admin(client):
    make.ground()
    client.force_login(make.administrator())
    form = {
        "code": "LC-JY",
        "level": "city",
        "verified": "on",
        "name_zh_hans": "澜川市教育局",
        "name_en": "Lanchuan Education Bureau",
    }
    assert client.post(reverse("organisations_authority:add"), form).status_code == 302
    made = Organisation.objects.get(code="LC-JY")
    assert made.name_on(None, "en") == "Lanchuan Education Bureau"
    edit = reverse("organisations_authority:edit", args=[made.pk])
    client.post(edit, {"code": "LC-XX", "level": "district", "verified": "on"})
    made.refresh_from_db()
    assert (made.code, made.level) == ("LC-JY", "district")


def test_a_manager_does_not_reach_the_authorities(client, bureau):
    client.force_login(bureau.manager)
    for name in ("authority", "name", "succession"):
        assert client.get(reverse(f"organisations_{name}:index")).status_code == 302
        assert client.get(reverse(f"organisations_{name}:add")).status_code == 302
