"""Campaigns: a machine proposes which comments say the same, an officer decides."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from consultations import answers, similarity
from consultations.enums import GroupState
from consultations.models import Announcement, Comment, CommentGroup, CommentText, GroupMember
from consultations.services.opinions import begin, refuse_strangers
from ledger import services as ledger
from organisations.services import Refused


def propose_groups(
    announcement: Announcement, *, user: Any, now: datetime.datetime
) -> list[CommentGroup]:
    """Propose groups of near-identical comments among those that no officer has grouped.

    Earlier proposals that nobody confirmed are made anew.
    """
    refuse_strangers(user, announcement)
    # Before the transaction: looking takes seconds, in which nobody else could write.
    alike = _alike(announcement)
    with transaction.atomic():
        begin(announcement, user)
        announcement.groups.filter(state=GroupState.PROPOSED).delete()
        free = answers.standing_comments(announcement).filter(membership__isnull=True)
        left = {comment.pk: comment for comment in free}
        proposed = []
        for keys in alike:
            members = [left[pk] for pk in keys if pk in left]
            if len(members) > 1:
                proposed.append(_make(announcement, members))
        data = {"groups": len(proposed), "comments": sum(map(len, alike))}
        ledger.record("groups.proposed", announcement, actor=user, now=now, data=data)
    return proposed


def _alike(announcement: Announcement) -> list[list[int]]:
    """The keys of comments that say nearly the same, among those that no officer has grouped."""
    grouped = Q(membership__group__state=GroupState.CONFIRMED)
    free = answers.standing_comments(announcement).exclude(grouped).order_by("pk")
    keys = list(free.values_list("pk", flat=True))
    written = CommentText.objects.filter(comment__announcement=announcement).order_by("seq")
    newest = dict(written.values_list("comment", "text"))
    draft = announcement.versions.latest("seq").text
    found = similarity.groups([newest[pk] for pk in keys], draft)
    return [[keys[place] for place in places] for places in found]


def confirm_group(group: CommentGroup, *, user: Any, now: datetime.datetime) -> None:
    """The comments of a proposed group do say the same: from now on they are one argument."""
    with transaction.atomic():
        begin(group.announcement, user)
        group.state = GroupState.CONFIRMED
        group.save(update_fields=["state"])
        _record("group.confirmed", group, user=user, now=now)


def dissolve_group(group: CommentGroup, *, user: Any, now: datetime.datetime) -> None:
    """The comments of a group do not say the same; each counts by itself."""
    with transaction.atomic():
        begin(group.announcement, user)
        _record("group.dissolved", group, user=user, now=now)
        group.delete()


def split_group(
    group: CommentGroup, comments: Iterable[Comment], *, user: Any, now: datetime.datetime
) -> CommentGroup | None:
    """Take comments out of a group into one of their own; a single one stands by itself."""
    with transaction.atomic():
        begin(group.announcement, user)
        chosen = list(Comment.objects.filter(membership__group=group, pk__in=_keys(comments)))
        left = group.members.count() - len(chosen)
        if not chosen or left < 1:
            raise Refused(_("Choose some comments of the group, but not all of them."))
        GroupMember.objects.filter(group=group, comment__in=chosen).delete()
        part = None
        if len(chosen) > 1:
            part = _make(group.announcement, chosen, state=GroupState(group.state))
        data = {"out": _keys(chosen), "into": part.pk if part else None}
        ledger.record("group.split", group, actor=user, now=now, data=data)
        if left == 1:
            group.delete()
    return part


def merge_groups(
    into: CommentGroup, others: Iterable[CommentGroup], *, user: Any, now: datetime.datetime
) -> None:
    """Make one confirmed group of several."""
    with transaction.atomic():
        begin(into.announcement, user)
        chosen = [group for group in others if group.pk != into.pk]
        if not chosen or any(g.announcement_id != into.announcement_id for g in chosen):
            raise Refused(_("Choose another group of the same consultation."))
        for group in chosen:
            _record("group.merged", group, user=user, now=now, into=into.pk)
            group.members.update(group=into)
            group.delete()
        into.state = GroupState.CONFIRMED
        into.save(update_fields=["state"])


def group_comments(
    announcement: Announcement, comments: Iterable[Comment], *, user: Any, now: datetime.datetime
) -> CommentGroup:
    """An officer sees for themselves that comments say the same: a confirmed group."""
    with transaction.atomic():
        begin(announcement, user)
        chosen = list(
            answers.standing_comments(announcement).filter(
                pk__in=_keys(comments), membership__isnull=True
            )
        )
        if len(chosen) < 2:
            raise Refused(_("Choose at least two comments that are in no group."))
        group = _make(announcement, chosen, state=GroupState.CONFIRMED)
        _record("group.confirmed", group, user=user, now=now)
    return group


def _keys(comments: Iterable[Comment]) -> list[int]:
    return [comment.pk for comment in comments]


def _make(
    announcement: Announcement,
    comments: Sequence[Comment],
    *,
    state: GroupState = GroupState.PROPOSED,
) -> CommentGroup:
    group = CommentGroup.objects.create(announcement=announcement, state=state)
    GroupMember.objects.bulk_create(GroupMember(group=group, comment=one) for one in comments)
    return group


def _record(
    action: str, group: CommentGroup, *, user: Any, now: datetime.datetime, **data: Any
) -> None:
    members = list(group.members.values_list("comment", flat=True))
    ledger.record(action, group, actor=user, now=now, data={"comments": members} | data)
