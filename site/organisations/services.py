"""The only writers of organisations, their names, members and rights.

Every function takes the moment ``now`` (aware) and who does it, works in one transaction and
leaves a ledger entry. It raises ``Refused`` when a rule forbids what was asked; then nothing
has changed.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Locale,
    Page,
    Revision,
    Site,
    Task,
    TaskState,
    Workflow,
    WorkflowPage,
    WorkflowState,
    WorkflowTask,
)

from ledger import services as ledger
from multilingual.languages import SOURCE, suffixed
from multilingual.pages import insert_pages
from organisations import models, rules
from organisations.models import (
    Membership,
    Organisation,
    OrganisationName,
    OrganisationPage,
    Role,
    RoleApprovalTask,
    Succession,
)

Names = Mapping[str, str]


class Refused(ValidationError):
    """A rule forbids it; the message says which, in the editor's language."""


# --- organisations ------------------------------------------------------------------------------


def establish(
    code: str,
    *,
    level: str,
    names: Names,
    short_names: Names | None = None,
    parent: Organisation | None = None,
    verified: bool = True,
    user: User | None = None,
    now: datetime.datetime,
) -> Organisation:
    """Make an authority with its page, its collection of files and the groups of its roles.

    One that is not verified gets the latter two when it is, or when somebody gets a role in it:
    an import knows hundreds of them.

    code: capital letters, digits and hyphens; it never changes. names: by language, Chinese at
    least, valid from the beginning; ``rename`` adds later ones. Raises ``ValidationError`` for a
    code that is malformed or taken.
    """
    with transaction.atomic():
        organisation = Organisation(code=code, level=level, parent=parent, verified=verified)
        organisation.full_clean()
        organisation.save()
        _add_name(organisation, names, short_names or {}, valid_from=None)
        _make_page(organisation)
        if verified:
            equip(organisation)
        ledger.record("organisation.established", organisation, actor=user, now=now)
    return organisation


def establish_unverified(names: Sequence[str], *, now: datetime.datetime) -> list[Organisation]:
    """Make authorities of which imported documents tell no more than a Chinese name.

    They get the next of the codes ``U0001`` and on, in the order of ``names``.
    """
    with transaction.atomic(), override("zh-hans"):
        used = Organisation.objects.filter(code__regex=r"^U[0-9]{4,}$")
        last = max((int(code[1:]) for code in used.values_list("code", flat=True)), default=0)
        made = Organisation.objects.bulk_create(
            Organisation(code=f"U{number:04d}", verified=False)
            for number, _name in enumerate(names, start=last + 1)
        )
        OrganisationName.objects.bulk_create(
            OrganisationName(organisation=organisation, name_zh_hans=name)
            for organisation, name in zip(made, names, strict=True)
        )
        home = Site.objects.get(is_default_site=True).root_page
        insert_pages(
            [
                _page(organisation, f"{organisation.code} {name}")
                for organisation, name in zip(made, names, strict=True)
            ],
            [home] * len(made),
        )
        for organisation in made:
            ledger.record("organisation.established", organisation, now=now)
    return made


def amend(
    organisation: Organisation, *, user: User | None = None, now: datetime.datetime
) -> Organisation:
    """Save a changed level, parent or verification. The code cannot change."""
    with transaction.atomic():
        code = Organisation.objects.values_list("code", flat=True).get(pk=organisation.pk)
        if organisation.code != code:
            raise Refused(_("The code of an authority stands in addresses and never changes."))
        organisation.full_clean()
        organisation.save()
        if organisation.verified:
            equip(organisation)
        ledger.record("organisation.amended", organisation, actor=user, now=now)
    return organisation


def rename(
    organisation: Organisation,
    names: Names,
    *,
    valid_from: datetime.date,
    short_names: Names | None = None,
    user: User | None = None,
    now: datetime.datetime,
) -> OrganisationName:
    """Give an authority a new name from a Shanghai day on. Older pages keep the name of their
    day; the code, and with it every index number and address, stays."""
    with transaction.atomic():
        name = _add_name(organisation, names, short_names or {}, valid_from=valid_from)
        _follow_name(organisation)
        ledger.record(
            "organisation.renamed",
            organisation,
            actor=user,
            now=now,
            data={"valid_from": valid_from, "name": names["zh-hans"]},
        )
    return name


def amend_name(
    name: OrganisationName, *, user: User | None = None, now: datetime.datetime
) -> OrganisationName:
    """Save a corrected or newly translated name; a real change of name is ``rename``."""
    with transaction.atomic():
        name.full_clean()
        name.save()
        _follow_name(name.organisation)
        ledger.record(
            "organisation.name_amended",
            name.organisation,
            actor=user,
            now=now,
            data={"valid_from": name.valid_from},
        )
    return name


def _follow_name(organisation: Organisation) -> None:
    """Name the editors' subtree and collection as the authority is called now."""
    title = _title(Organisation.objects.get(pk=organisation.pk))
    OrganisationPage.objects.filter(organisation=organisation).update(
        title=title, draft_title=title
    )
    own = _collections(organisation).first()
    if own is not None:
        Collection.objects.filter(pk=own.pk).update(name=title)


def merge(
    predecessors: Sequence[Organisation],
    successors: Sequence[Organisation],
    *,
    on: datetime.date,
    user: User | None = None,
    now: datetime.datetime,
) -> list[Succession]:
    """Record that ``successors`` took over from ``predecessors`` on a Shanghai day.

    Several successors are a split. Nothing that was released changes, nor does its address.
    """
    made = []
    with transaction.atomic():
        for predecessor in predecessors:
            for successor in successors:
                succession = Succession(predecessor=predecessor, successor=successor, on=on)
                succession.full_clean()
                succession.save()
                made.append(succession)
            ledger.record(
                "organisation.merged",
                predecessor,
                actor=user,
                now=now,
                data={"on": on, "successors": [successor.code for successor in successors]},
            )
    return made


def equip(organisation: Organisation) -> None:
    """Make the collection of files and the groups of its roles, unless they are there."""
    if _collections(organisation).exists():
        return
    with transaction.atomic():
        _make_collection(organisation)
        for role in Role:
            _make_group(organisation, role)


def collection_of(organisation: Organisation) -> Collection:
    """Give the collection that holds the organisation's pictures and files.

    Raises ``Collection.DoesNotExist`` for one that was never equipped.
    """
    return _collections(organisation).earliest("pk")


def _collections(organisation: Organisation) -> Any:
    """Its own collection, and after it what an administrator may have opened to its drafters."""
    held = GroupCollectionPermission.objects.filter(
        group__name=group_name(organisation, Role.DRAFTER)
    )
    return Collection.objects.filter(pk__in=held.values("collection")).order_by("pk")


def _title(organisation: Organisation) -> str:
    return f"{organisation.code} {organisation.name_on(None)}"[:255]


def _add_name(
    organisation: Organisation,
    names: Names,
    short_names: Names,
    *,
    valid_from: datetime.date | None,
) -> OrganisationName:
    name = OrganisationName(organisation=organisation, valid_from=valid_from)
    for language, words in names.items():
        setattr(name, suffixed("name", language), words)
    for language, words in short_names.items():
        setattr(name, suffixed("short_name", language), words)
    name.full_clean()
    name.save()
    return name


def _make_page(organisation: Organisation) -> None:
    home = Site.objects.get(is_default_site=True).root_page
    home.add_child(instance=_page(organisation, _title(organisation)))


def _page(organisation: Organisation, title: str) -> OrganisationPage:
    return OrganisationPage(
        title=title[:255],
        draft_title=title[:255],
        slug=slugify(organisation.code),
        organisation=organisation,
        locale=Locale.get_default(),
    )


def _make_collection(organisation: Organisation) -> None:
    root = Collection.get_first_root_node()
    assert root is not None
    collection = root.add_child(instance=Collection(name=_title(organisation)))
    actions = {get_image_model(): "image", get_document_model(): "document"}
    for role in rules.COLLECTION_ROLES:
        group = _group(organisation, role)
        for model, name in actions.items():
            for action in ("add", "change", "choose"):
                GroupCollectionPermission.objects.create(
                    group=group,
                    collection=collection,
                    permission=Permission.objects.get(
                        content_type__app_label=model._meta.app_label,
                        codename=f"{action}_{name}",
                    ),
                )


def group_name(organisation: Organisation, role: str) -> str:
    """Give the name of the Django group that stands behind a role."""
    return f"{organisation.code} · {role}"


def _group(organisation: Organisation, role: str) -> Group:
    return Group.objects.get_or_create(name=group_name(organisation, role))[0]


def _make_group(organisation: Organisation, role: str) -> None:
    group = _group(organisation, role)
    group.permissions.add(
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    )
    page = OrganisationPage.objects.get(organisation=organisation)
    for action in rules.ROLE_PERMISSIONS[role]:
        GroupPagePermission.objects.create(
            group=group,
            page=page,
            permission=Permission.objects.get(
                content_type__app_label="wagtailcore", codename=f"{action}_page"
            ),
        )


# --- members ------------------------------------------------------------------------------------


def roles_of(user: Any, organisation: Organisation) -> set[str]:
    """Give the roles of a person in an organisation."""
    return set(
        Membership.objects.filter(user=user, organisation=organisation).values_list(
            "role", flat=True
        )
    )


def managed_by(user: Any) -> list[int]:
    """Give the ids of the organisations whose members a person manages, without administrators'
    own power over all."""
    managing = Membership.objects.filter(user=user, role=Role.MANAGER)
    return list(managing.values_list("organisation_id", flat=True))


def may_manage_members(by: Any, organisation: Organisation, of: Any = None) -> bool:
    """Tell whether ``by`` may give or take roles in ``organisation``, of the person ``of``."""
    return rules.may_manage_members(
        is_administrator=by.is_superuser,
        roles_there=roles_of(by, organisation),
        is_self=of is not None and of == by,
    )


def grant(
    user: User,
    organisation: Organisation,
    role: str,
    *,
    by: User | None = None,
    now: datetime.datetime,
) -> Membership:
    """Give a person a role in an organisation, and by its group the rights on its pages.

    by: who gives it; ``None`` is the system. Raises ``Refused`` if that person may not.
    """
    with transaction.atomic():
        _refuse_unless_manager(by, organisation, user)
        equip(organisation)
        membership, new = Membership.objects.get_or_create(
            user=user, organisation=organisation, role=role
        )
        user.groups.add(_group(organisation, role))
        if new:
            ledger.record(
                "membership.granted",
                organisation,
                actor=by,
                now=now,
                data={"user": user.get_username(), "role": role},
            )
    return membership


def revoke(
    user: User,
    organisation: Organisation,
    role: str,
    *,
    by: User | None = None,
    now: datetime.datetime,
) -> None:
    """Take a role from a person. Raises ``Refused`` if ``by`` may not."""
    with transaction.atomic():
        _refuse_unless_manager(by, organisation, user)
        gone, _rows = Membership.objects.filter(
            user=user, organisation=organisation, role=role
        ).delete()
        user.groups.remove(_group(organisation, role))
        if gone:
            ledger.record(
                "membership.revoked",
                organisation,
                actor=by,
                now=now,
                data={"user": user.get_username(), "role": role},
            )


def _refuse_unless_manager(by: User | None, organisation: Organisation, user: User) -> None:
    if by is not None and not may_manage_members(by, organisation, user):
        raise Refused(_("You manage the members of your own organisation, and not yourself."))


def appoint_administrator(user: User, *, by: User | None = None, now: datetime.datetime) -> None:
    """Set a person above all organisations. Only administrators and the system may."""
    if by is not None and not by.is_superuser:
        raise Refused(_("Only an administrator appoints administrators."))
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_superuser=True, is_staff=True)
        user.is_superuser = user.is_staff = True
        ledger.record("administrator.appointed", user, actor=by, now=now)


def addresses_of_members(page: Page) -> list[str]:
    """Give the e-mail addresses of everybody with a role in the organisation of a page."""
    members = Membership.objects.filter(organisation=owner_of(page), user__is_active=True)
    addresses = members.values_list("user__email", flat=True).distinct().order_by("user__email")
    return [address for address in addresses if address]


def dismiss_administrator(user: User, *, by: User | None = None, now: datetime.datetime) -> None:
    """Take from a person the power over all organisations. Only other administrators may."""
    if by is not None and (not by.is_superuser or by == user):
        raise Refused(_("Another administrator dismisses an administrator."))
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_superuser=False, is_staff=False)
        user.is_superuser = user.is_staff = False
        ledger.record("administrator.dismissed", user, actor=by, now=now)


def save_account(
    account: User, *, administrator: bool, by: User | None = None, now: datetime.datetime
) -> User:
    """Save a new or changed account, and whether it is an administrator's.

    An account is never deleted: what it did is part of the record. It is closed, by
    ``is_active``. Rights in an organisation come from ``grant``. Raises ``Refused`` unless ``by``
    is an administrator, or the system.
    """
    if by is not None and not by.is_superuser:
        raise Refused(_("Only an administrator makes and changes accounts."))
    with transaction.atomic():
        action = "account.changed" if account.pk else "account.made"
        was_administrator = bool(account.pk) and account.is_superuser
        account.save()
        ledger.record(action, account, actor=by, now=now, data={"active": account.is_active})
        if administrator and not was_administrator:
            appoint_administrator(account, by=by, now=now)
        elif was_administrator and not administrator:
            dismiss_administrator(account, by=by, now=now)
    return account


# --- the review ---------------------------------------------------------------------------------


def owner_of(page: Page) -> Organisation:
    """Give the organisation in whose subtree the page stands."""
    organisation = models.owner_of(page)
    if organisation is None:
        raise Refused(_("It stands below no organisation."))
    return organisation


def with_all_below(organisation: Organisation) -> set[int]:
    """Give the keys of an organisation and of all organisations below it, at any depth."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Organisation.objects.values_list("pk", "parent"):
        children.setdefault(parent, []).append(pk)
    found, waiting = set(), [organisation.pk]
    while waiting:
        pk = waiting.pop()
        found.add(pk)
        waiting += children.get(pk, [])
    return found


def label(page: Page, name: str) -> str:
    """Give the name of a field as the editor's form shows it."""
    field = page._meta.get_field(name)
    label = getattr(field, "verbose_name", None) or field.related_model._meta.verbose_name
    return str(label).removesuffix(f" [{SOURCE}]")


def changed_fields(old: Revision, new: Revision) -> list[str]:
    """Name the fields that differ between two drafts of one document, by their labels."""
    page = new.as_object()
    form_fields = page.get_edit_handler().get_form_class()
    names = [*form_fields.base_fields, *form_fields.formsets]
    return [
        label(page, name)
        for name in names
        if old.content.get(name) != new.content.get(name) and name != "comments"
    ]


def drafters(state: WorkflowState, revision: Revision) -> set[int]:
    """Give who submitted a document to review and who wrote the text that is in review."""
    return {pk for pk in (state.requested_by_id, revision.user_id) if pk is not None}


def refuse_unless_passed_by_different_people(state: WorkflowState, revision: Revision) -> None:
    """Raise ``Refused`` unless exactly this revision passed its review by three people."""
    approved = TaskState.objects.filter(
        workflow_state=state, revision=revision, status=TaskState.STATUS_APPROVED
    )
    approvers = [pk for pk in approved.values_list("finished_by_id", flat=True) if pk is not None]
    if not rules.passed_by_different_people(drafters(state, revision), approvers):
        raise Refused(_("Draft, legal review and publication need three different people."))


def approvals(page: Page, revision: Revision) -> list[TaskState]:
    """Give the approvals, oldest first, by which different people passed exactly this revision.

    Raises ``Refused`` where they did not, or where it was changed after the review had begun.
    """
    state = (
        WorkflowState.objects.for_instance(page)
        .filter(status=WorkflowState.STATUS_APPROVED, current_task_state__revision=revision)
        .order_by("-pk")
        .first()
    )
    if state is None:
        raise Refused(_("It goes public through its workflow: draft, legal review, publication."))
    refuse_unless_passed_by_different_people(state, revision)
    found = list(
        TaskState.objects.filter(
            workflow_state=state, revision=revision, status=TaskState.STATUS_APPROVED
        ).order_by("started_at")
    )
    if revision.created_at > found[0].started_at:
        raise Refused(_("It was changed after the review had begun."))
    return found


def ensure_workflow(**_signal: Any) -> None:
    """Set up the review of a new site: legal review, then publication, for all its pages.

    Also the receiver of ``post_migrate``. What an administrator changes later stays changed.
    Wagtail's own first groups and workflow go: they reach over all organisations.
    """
    root = Page.get_first_root_node()
    if root is None or RoleApprovalTask.objects.exists():
        return
    with transaction.atomic():
        workflow = Workflow.objects.create(name="起草、合法性审核、发布")
        for order, (name, role) in enumerate(
            [("合法性审核", Role.REVIEWER), ("发布", Role.PUBLISHER)]
        ):
            task = RoleApprovalTask.objects.create(name=name, role=role)
            WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=order)
        WorkflowPage.objects.update_or_create(page=root, defaults={"workflow": workflow})
        Workflow.objects.filter(name="Moderators approval").delete()
        Task.objects.filter(name="Moderators approval").delete()
        Group.objects.filter(name__in=["Editors", "Moderators"], user__isnull=True).delete()
