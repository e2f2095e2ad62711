"""The review and its steps are named in the language of the editor who reads."""

import pytest
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import Task, Workflow
from wagtail.users.models import UserProfile

from organisations.models import RoleApprovalTask
from tests import factories as make

pytestmark = pytest.mark.django_db


def prefer(language, person):
    profile = UserProfile.get_for_user(person)
    profile.preferred_language = language
    profile.save()


@pytest.mark.parametrize(
    ("language", "review", "steps"),
    [
        ("zh-hans", "起草、合法性审核、发布", ["合法性审核", "发布"]),
        ("en", "Draft, legal review, publication", ["Legal review", "Publication"]),
    ],
)
def test_the_review_and_its_steps_are_named_in_the_active_language(language, review, steps):
    make.ground()
    with override(language):
        assert str(Workflow.objects.get()) == review
        assert [task.name for task in Task.objects.order_by("pk")] == steps
        assert [task.name for task in RoleApprovalTask.objects.order_by("pk")] == steps


def test_a_step_that_was_saved_in_english_keeps_its_chinese_name():
    make.ground()
    with override("en"):
        task = RoleApprovalTask.objects.order_by("pk")[0]
        task.name = task.name
        task.save()
    assert RoleApprovalTask.objects.order_by("pk")[0].name == "合法性审核"


def test_a_name_that_an_administrator_chose_is_shown_as_it_is():
    make.ground()
    task = RoleApprovalTask.objects.create(name="保密审查", role="reviewer")
    with override("en"):
        assert RoleApprovalTask.objects.get(pk=task.pk).name == "保密审查"
        assert Task.objects.only("id").get(pk=task.pk).name == "保密审查"


def test_editors_read_the_steps_in_their_language_wherever_they_stand(client):
    team = make.team()
    draft = make.policy(team, title="Notice on open government")
    make.submit(draft, team.drafter)
    make.decide(draft, team.reviewer, "reject", comment="Please complete it.")
    make.submit(make.policy(team, title="Another notice"), team.drafter)
    addresses = [
        reverse("wagtailadmin_home"),
        reverse("wagtailadmin_pages:edit", args=[draft.pk]),
        reverse("wagtailadmin_pages:history", args=[draft.pk]),
        reverse("wagtailadmin_pages:workflow_history", args=[draft.pk]),
        reverse("wagtailadmin_reports:workflow"),
        reverse("wagtailadmin_reports:workflow_tasks"),
    ]
    client.force_login(team.drafter)
    for language, own, other in [
        ("en", "Legal review", "合法性审核"),
        ("zh-hans", "合法性审核", "Legal review"),
    ]:
        prefer(language, team.drafter)
        for address in addresses:
            page = client.get(address).content.decode()
            assert own in page, address
            assert other not in page, address
