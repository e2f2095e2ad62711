from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.locks import WorkflowLock
from wagtail.models import Page, PagePermissionTester, Task, TaskState

from ledger import services as ledger
from multilingual.languages import translated
from multilingual.pages import MultilingualMixin
from organisations import rules
from organisations.guarded import GuardedPageMixin

if TYPE_CHECKING:
    from wagtail.models import WorkflowState

CODE = RegexValidator(r"^[A-Z0-9-]+\Z", _("Use capital letters, digits and hyphens only."))


class Level(models.TextChoices):
    NATION = "nation", _("Nation")
    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    DISTRICT = "district", _("District")
    TOWN = "town", _("Town")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def with_names(self) -> OrganisationQuerySet:
        """Fetch the dated names too, so that ``name_on`` asks no further query."""
        return self.prefetch_related("names")


class Organisation(models.Model):  # type: ignore[django-manager-missing]
    """An authority. Its code stands in index numbers and addresses and never changes."""

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[CODE])
    level = models.CharField(_("level"), max_length=16, choices=Level, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    verified = models.BooleanField(
        _("verified"),
        default=True,
        help_text=_("No for an authority that is known only from imported documents."),
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z0-9-]+$"), name="organisation_code_form"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="organisation_not_its_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name_on(None)}"

    def dated_name_on(self, day: datetime.date | None) -> OrganisationName | None:
        """Give the name that was valid on ``day``; ``None`` asks for the newest."""
        names = sorted(self.names.all(), key=lambda n: n.valid_from or datetime.date.min)
        valid = [n for n in names if day is None or (n.valid_from or datetime.date.min) <= day]
        if valid:
            return valid[-1]
        return names[0] if names else None

    def name_on(self, day: datetime.date | None, language: str = "zh-hans") -> str:
        """Give the full name on ``day`` in ``language``, in Chinese where there is none."""
        name = self.dated_name_on(day)
        return name.full_name(language) if name else self.code


class OrganisationName(models.Model):
    """What an authority was called from a day on; old pages show the name of their day."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="names")
    valid_from = models.DateField(
        _("valid from"), null=True, blank=True, help_text=_("Empty: from the beginning.")
    )
    name = models.CharField(_("name"), max_length=255)
    short_name = models.CharField(_("short name"), max_length=100, blank=True)

    objects: ClassVar[models.Manager[OrganisationName]] = models.Manager()

    class Meta:
        ordering = ["organisation", "valid_from"]
        verbose_name = _("name of an organisation")
        verbose_name_plural = _("names of organisations")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "valid_from"], name="organisation_one_name_a_day"
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(valid_from__isnull=True),
                name="organisation_one_first_name",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name("zh-hans")

    def full_name(self, language: str) -> str:
        return translated(self, "name", language)


class Succession(models.Model):
    """An authority took over the tasks of another one on a day."""

    predecessor = models.ForeignKey(Organisation, models.PROTECT, related_name="successions")
    successor = models.ForeignKey(Organisation, models.PROTECT, related_name="inheritances")
    on = models.DateField(_("on"))

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="succession_once"),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="succession_not_to_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor.code} → {self.successor.code}"


class Role(models.TextChoices):
    DRAFTER = "drafter", _("Drafter")
    REVIEWER = "reviewer", _("Legal reviewer")
    PUBLISHER = "publisher", _("Publisher")
    MANAGER = "manager", _("Organisation manager")


class Membership(models.Model):
    """Gives an editor a role in one organisation, and by it the rights on its pages."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("editor"),
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="memberships",
        verbose_name=_("organisation"),
    )
    role = models.CharField(_("role"), max_length=16, choices=Role)

    class Meta:
        ordering = ["organisation", "role", "user"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="membership_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.organisation.code}"


class OrganisationPagePermissions(PagePermissionTester):
    """The page itself follows its organisation; editors only work below it."""

    def can_edit(self) -> bool:
        return False

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        return False

    def can_publish(self) -> bool:
        return False

    def can_unpublish(self) -> bool:
        return False

    def can_publish_subpage(self) -> bool:
        return False

    def can_lock(self) -> bool:
        return False

    def can_unlock(self) -> bool:
        return False

    def can_submit_for_moderation(self) -> bool:
        return False


class OrganisationPage(MultilingualMixin, Page):
    """The subtree in which the pages of one organisation stand; it shows nothing of its own."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="page")

    parent_page_types = ["wagtailcore.Page"]
    is_creatable = False
    preview_modes: list[tuple[str, str]] = []

    class Meta:
        verbose_name = _("organisation page")
        verbose_name_plural = _("organisation pages")

    def permissions_for_user(self, user: Any) -> OrganisationPagePermissions:
        return OrganisationPagePermissions(user, self)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


def owner_of(page: Page) -> Organisation | None:
    """Give the organisation in whose subtree the page stands."""
    found: OrganisationPage | None = OrganisationPage.objects.ancestor_of(
        page, inclusive=True
    ).first()
    return found.organisation if found else None


class ReviewLock(WorkflowLock):
    """Says why the text stands still, and why this person cannot decide on it."""

    def get_message(self, user: Any) -> str:
        frozen = format_html(
            gettext(
                "<b>In review: {step}.</b> The text is frozen. "
                "To change it, a reviewer requests changes."
            ),
            step=self.task.name,
        )
        state = self.object.current_workflow_task_state
        if state and self.task.took_part(state, user):
            took_part = gettext(
                "You have taken part in this document; another person has to take this step."
            )
            return format_html("{} {}", frozen, took_part)
        return frozen

    def get_locked_by(self, user: Any, can_lock: bool = False) -> str:
        return gettext("Locked by the review")

    def get_description(self, user: Any, can_lock: bool = False) -> str:
        return gettext("Nobody can change the text while it is in review")


class RoleApprovalTask(Task):
    """A step of a review, for the members with a role in the organisation that owns the page."""

    role = models.CharField(
        _("role"),
        max_length=16,
        choices=[(Role.REVIEWER, Role.REVIEWER.label), (Role.PUBLISHER, Role.PUBLISHER.label)],
    )

    admin_form_fields = [*Task.admin_form_fields, "role"]
    admin_form_readonly_on_edit_fields = [*Task.admin_form_readonly_on_edit_fields, "role"]
    lock_class = ReviewLock

    class Meta:
        verbose_name = _("approval by a role")
        verbose_name_plural = _("approvals by a role")

    @classmethod
    def get_description(cls) -> str:
        return gettext("Members with the chosen role in the page's organisation decide")

    def _others(self, task_state: TaskState) -> QuerySet[TaskState]:
        """What was decided in the other steps of the same review."""
        decided: QuerySet[TaskState] = TaskState.objects.filter(
            workflow_state=task_state.workflow_state_id,
            finished_by__isnull=False,
            status__in=[TaskState.STATUS_APPROVED, TaskState.STATUS_REJECTED],
        )
        return decided.exclude(task=task_state.task_id)

    def took_part(self, task_state: TaskState, user: Any) -> bool:
        """Tell whether a person drafted the text or decided in another step."""
        return (
            user.pk in {task_state.workflow_state.requested_by_id, task_state.revision.user_id}
            or self._others(task_state).filter(finished_by=user).exists()
        )

    def may_act(self, obj: Page, user: Any, task_state: TaskState | None = None) -> bool:
        """Tell whether a person may decide in this step, in which ``obj`` is now."""
        state = task_state or obj.current_workflow_task_state
        if state is None or not user.is_active:
            return False
        owner = owner_of(obj)
        return rules.may_act_in_step(
            is_administrator=user.is_superuser,
            has_role=Membership.objects.filter(
                user=user, organisation=owner, role=self.role
            ).exists(),
            person=user.pk,
            drafters={state.workflow_state.requested_by_id, state.revision.user_id},
            finished_other_steps=set(self._others(state).values_list("finished_by", flat=True)),
        )

    def start(self, workflow_state: WorkflowState, user: Any = None) -> TaskState:
        """A text that was changed on request begins again at the first step."""
        first = workflow_state.get_next_task()
        if first is not None and first.pk != self.pk:
            return first.specific.start(workflow_state, user=user)
        page = workflow_state.content_object
        if page.locked:
            page.locked, page.locked_by, page.locked_at = False, None, None
            page.save(update_fields=["locked", "locked_by", "locked_at"])
        now = timezone.now()
        with transaction.atomic():
            state = super().start(workflow_state, user=user)
            draft = state.revision.as_object()
            if isinstance(draft, GuardedPageMixin):
                draft.submitted(user, now)
            ledger.record(
                "review.waits",
                page,
                actor=user,
                now=now,
                data={"step": self.role, "revision": state.revision_id},
            )
        return state

    def user_can_access_editor(self, obj: Page, user: Any) -> bool:
        return self.may_act(obj, user)

    def locked_for_user(self, obj: Page, user: Any) -> bool:
        return True

    def get_actions(self, obj: Page, user: Any) -> list[tuple[str, Any, bool]]:
        if not self.may_act(obj, user):
            return []
        return [
            ("approve", _("Approve"), False),
            ("approve", _("Approve with comment"), True),
            ("reject", _("Request changes"), True),
        ]

    def on_action(self, task_state: TaskState, user: Any, action_name: str, **kwargs: Any) -> Any:
        page = task_state.workflow_state.content_object
        if not self.may_act(page, user, task_state):
            self._refuse()
        with transaction.atomic():
            ledger.record(
                "review.returned" if action_name == "reject" else "review.approved",
                page,
                actor=user,
                now=timezone.now(),
                data={"step": self.role, "revision": task_state.revision_id},
            )
            return super().on_action(task_state, user, action_name, **kwargs)

    def _refuse(self) -> NoReturn:
        from organisations.services import Refused

        raise Refused(
            gettext(
                "You cannot take this step: it needs the role, and a person who has not "
                "taken part before."
            )
        )

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> QuerySet[TaskState]:
        """The reviews that wait for this person; the list on the start page."""
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS).select_related(
            "workflow_state", "revision", "task"
        )
        mine = [
            state.pk
            for state in waiting
            if (page := state.workflow_state.content_object) and self.may_act(page, user, state)
        ]
        found: QuerySet[TaskState] = TaskState.objects.filter(pk__in=mine)
        return found
