"""What a document owes, as its editors see it, and who lifts a mistake."""

import pytest
from django.urls import reverse
from django.utils import timezone

from consultations import outcome
from consultations import services as consultations
from consultations.models import Exemption
from organisations.models import Organisation
from policies import owed, services
from policies.models import Obligation, ObligationLifting
from tests import answering, clock
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def obliged(bureau):
    page = make.policy(bureau)
    services.oblige(page, reason="误记的义务。", user=bureau.drafter, now=timezone.now())
    return page


def exempt(of, matter):
    asked = consultations.ask_exemption(
        of.organisation,
        ground="confidential",
        matter=matter,
        reason="涉密。",
        public_statement="依法不公开征求意见。",
        user=of.drafter,
        now=timezone.now(),
    )
    consultations.grant_exemption(
        asked, public_statement="依法不公开征求意见。", user=of.reviewer, now=timezone.now()
    )
    return Exemption.objects.get(request=asked)


def test_the_editor_sees_what_a_document_owes_and_the_reviewer_lifts_a_mistake(
    client, bureau, obliged
):
    own = reverse("policies_admin:owed", args=[obliged.pk])
    client.force_login(bureau.drafter)
    assert own in client.get(reverse("wagtailadmin_pages:edit", args=[obliged.pk])).content.decode()
    page = client.get(own)
    assert "误记的义务。" in page.content.decode()
    assert page.context["closed"]
    lift = reverse("policies_admin:lift", args=[obliged.pk, Obligation.objects.get().pk])
    refused = client.post(lift, {"reason": "误记。"})
    assert "误记。" in refused.content.decode()
    assert not ObligationLifting.objects.exists()
    client.force_login(bureau.reviewer)
    assert client.post(lift, {"reason": "误记。"}).status_code == 302
    assert ObligationLifting.objects.get().reason == "误记。"
    again = client.post(lift, {"reason": "再一次。"})
    assert again.status_code == 200
    assert ObligationLifting.objects.count() == 1


def test_strangers_and_managers_see_nothing_that_it_owes(client, bureau, obliged):
    lift = reverse("policies_admin:lift", args=[obliged.pk, Obligation.objects.get().pk])
    for person in (make.team("LC-GA").reviewer, bureau.manager):
        client.force_login(person)
        for address in (reverse("policies_admin:owed", args=[obliged.pk]), lift):
            assert client.get(address).status_code in {302, 403, 404}
            assert client.post(address, {"reason": "x"}).status_code in {302, 403, 404}
    assert not ObligationLifting.objects.exists()


def test_the_form_offers_only_the_own_exemptions_and_announced_consultations(client, bureau):
    other = make.team("LC-GA")
    own, foreign = exempt(bureau, "本局的涉密事项"), exempt(other, "别局的涉密事项")
    draft = make.consultation(bureau)
    page = make.policy(bureau)
    with clock.standing_at(clock.at(answering.OPENS)):
        announced = make.announce(bureau)
        foreign_one = make.announce(other)
    assert list(owed.usable_exemptions(page, None)) == [own]
    assert list(owed.nameable_consultations(page)) == [announced.page]
    client.force_login(bureau.drafter)
    edit = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert "本局的涉密事项" in edit or f'value="{own.pk}"' in edit
    assert "别局的涉密事项" not in edit
    add = reverse("wagtailadmin_pages:add", args=["policies", "policypage", bureau.page.pk])
    added = client.get(add).context["form"]
    assert list(added.fields["exemption"].queryset) == [own]
    assert foreign not in added.fields["exemption"].queryset
    assert list(added.fields["consultation"].queryset) == [announced.page]
    assert draft not in added.fields["consultation"].queryset
    assert foreign_one.page not in added.fields["consultation"].queryset


def test_a_government_may_name_what_its_department_asked_about_and_no_other_department(bureau):
    other, city = make.team("LC-GA"), make.team("LC")
    Organisation.objects.filter(pk=bureau.organisation.pk).update(parent=city.organisation)
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    assert owed.may_name(make.policy(bureau, consultation=announcement.page))
    assert owed.may_name(make.policy(city, consultation=announcement.page))
    stranger = make.policy(other, consultation=announcement.page)
    assert not owed.may_name(stranger)
    assert "consultation" in services.missing(stranger)


def test_no_draft_of_others_and_no_copy_becomes_the_final_text(bureau):
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    answering.policy(make.team("LC-GA"), announcement, body=[("text", "第一条 别局的文件。")])
    assert outcome.final_text(announcement) is None
    own = answering.policy(bureau, announcement)
    answering.policy(bureau, announcement, body=[("text", "第一条 另一份。")])
    assert outcome.final_text(announcement).text == own.get_latest_revision_as_object().text
