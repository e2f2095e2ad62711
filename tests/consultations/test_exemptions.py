"""Exemptions: an officer asks, a legal reviewer answers, and the public reads what may be said."""

import pytest
from django.db import IntegrityError, transaction

from consultations import services
from consultations.models import Exemption, ExemptionRefusal, ExemptionRequest
from ledger.models import Entry
from organisations.services import Refused
from tests import factories
from tests.clock import at

pytestmark = pytest.mark.django_db

NOW = at("2026-02-20", "12:00")
ASKED = {
    "ground": "confidential",
    "matter": "反恐预案修订",
    "reason": "依据保守国家秘密法",
    "public_statement": "一项应急预案，依法保密。",
}


def ask(team, user=None):
    return services.ask_exemption(team.organisation, **ASKED, user=user or team.drafter, now=NOW)


def test_an_officer_asks_and_a_reviewer_records_it(client, team):
    client.force_login(team.drafter)
    client.post(
        "/admin/consultations/exemptions/ask/", ASKED | {"organisation": team.organisation.pk}
    )
    request = ExemptionRequest.objects.get()
    page = f"/admin/consultations/exemptions/{request.pk}/"
    assert client.post(page, {"action": "grant", "public_statement": "依法保密"}).status_code == 422
    assert not Exemption.objects.exists()
    client.force_login(team.reviewer)
    assert "反恐预案修订" in client.get(page).content.decode()
    client.post(page, {"action": "grant", "public_statement": "一项预案，依法保密。"})
    exemption = Exemption.objects.get()
    assert (exemption.requested_by, exemption.approved_by) == (team.drafter, team.reviewer)
    assert Entry.objects.filter(action="exemption.recorded").exists()
    public = client.get("/consultations/exemptions/").content.decode()
    assert "一项预案，依法保密。" in public
    assert "反恐预案修订" not in public
    assert "保守国家秘密法" not in public


def test_a_reviewer_refuses_with_a_reason(client, team):
    request = ask(team)
    client.force_login(team.reviewer)
    page = f"/admin/consultations/exemptions/{request.pk}/"
    assert client.post(page, {"action": "refuse", "refusal": " "}).status_code == 422
    client.post(page, {"action": "refuse", "refusal": "不涉密"})
    assert ExemptionRefusal.objects.get().refused_by == team.reviewer
    with pytest.raises(Refused):
        services.grant_exemption(request, public_statement="x", user=team.reviewer, now=NOW)
    assert "不涉密" in client.get(page).content.decode()
    assert not Exemption.objects.exists()


def test_nobody_answers_what_they_asked(team):
    request = ask(team, team.reviewer)
    with pytest.raises(Refused):
        services.grant_exemption(request, public_statement="x", user=team.reviewer, now=NOW)
    with pytest.raises(Refused):
        services.refuse_exemption(request, reason="x", user=team.reviewer, now=NOW)


def test_it_is_answered_once(team):
    request = ask(team)
    services.grant_exemption(request, public_statement="依法保密", user=team.reviewer, now=NOW)
    with pytest.raises(Refused):
        services.refuse_exemption(request, reason="x", user=team.reviewer, now=NOW)


def test_strangers_and_managers_see_none_and_ask_for_none(client, team):
    request = ask(team)
    for person in (factories.team("LC-XX").reviewer, team.manager):
        client.force_login(person)
        assert "反恐预案修订" not in client.get("/admin/consultations/exemptions/").content.decode()
        assert client.get(f"/admin/consultations/exemptions/{request.pk}/").status_code == 404
        values = ASKED | {"organisation": team.organisation.pk}
        assert client.post("/admin/consultations/exemptions/ask/", values).status_code == 422
    assert ExemptionRequest.objects.count() == 1


def test_the_public_queryset_reads_nothing_else(team, django_assert_num_queries):
    services.grant_exemption(ask(team), public_statement="依法保密", user=team.reviewer, now=NOW)
    with django_assert_num_queries(1):
        [item] = Exemption.objects.public()
        assert item.public_statement
        assert item.organisation.code
    assert {"matter", "reason"} <= item.get_deferred_fields()


@pytest.mark.parametrize("model", [ExemptionRequest, ExemptionRefusal])
def test_what_was_asked_and_answered_stays(team, model):
    services.refuse_exemption(ask(team), reason="不涉密", user=team.reviewer, now=NOW)
    for change in (
        lambda: model.objects.update(reason="x"),
        lambda: model.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
