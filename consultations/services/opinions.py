"""From comments to opinions, and what becomes of each; every step is in the ledger."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from consultations import answers, rules
from consultations.enums import Disposition
from consultations.models import (
    Announcement,
    Assignment,
    Comment,
    CommentText,
    ConcentrationRule,
    Opinion,
    OpinionComment,
    Phrase,
    SignedOpinion,
)
from consultations.outcome import final_text
from consultations.register import handled_by
from guards import services as guards
from ledger import services as ledger
from ledger.models import Entry
from organisations import services as organisations
from organisations.models import Role
from organisations.services import Refused

LOST = "opinion.lost_comments"
AGREED = "opinion.less_concentrated"
_REARRANGED = ("opinion.split", "opinion.took_over", "opinion.merged")


def set_concentration(*, people: int, percent: int, user: Any, now: datetime.datetime) -> None:
    """Say from when on an opinion is concentrated; only the city's administrator may."""
    if not user.is_superuser:
        raise Refused(_("Only the administrator sets this rule."))
    if people < 1 or not 1 <= percent <= 100:
        raise Refused(_("Give at least one person, and 1 to 100 percent."))
    with transaction.atomic():
        rule = ConcentrationRule.objects.create(
            people=people, percent=percent, recorded_at=now, recorded_by=user
        )
        data = {"people": people, "percent": percent}
        ledger.record("concentration.set", rule, actor=user, now=now, data=data)


def assign(comments: Iterable[Comment], officer: Any, *, user: Any, now: datetime.datetime) -> int:
    """Give comments to an officer, or to nobody with ``None``; give how many those were.

    Raises ``Refused`` for an officer who does not handle the consultation.
    """
    chosen = list(comments)
    with transaction.atomic():
        for announcement in {comment.announcement for comment in chosen}:
            begin(announcement, user)
            if officer is not None and not handled_by(officer).filter(pk=announcement.pk).exists():
                raise Refused(_("This person does not handle the consultation."))
        keys = [comment.pk for comment in chosen]
        Assignment.objects.filter(comment__in=keys).delete()
        if officer is not None:
            Assignment.objects.bulk_create(
                Assignment(comment_id=pk, officer=officer) for pk in keys
            )
        name = officer.get_username() if officer is not None else ""
        ledger.record_all(
            ledger.entry("comment.assigned", one, actor=user, now=now, data={"officer": name})
            for one in chosen
        )
    return len(chosen)


def add_opinion(
    announcement: Announcement,
    text: str,
    *,
    comments: Iterable[Comment] = (),
    passage: str = "",
    user: Any,
    now: datetime.datetime,
) -> Opinion:
    """Write an opinion down, held by ``comments``; raises ``Refused`` for an empty one."""
    with transaction.atomic():
        begin(announcement, user)
        opinion = _create(announcement, text)
        ledger.record("opinion.added", opinion, actor=user, now=now, data={"text": opinion.text})
        _map(opinion, comments, passage, user=user, now=now)
    return opinion


def reword(opinion: Opinion, text: str, *, user: Any, now: datetime.datetime) -> None:
    """Say an opinion in other words."""
    with transaction.atomic():
        begin(opinion.announcement, user)
        opinion.text = _words(text)
        opinion.save(update_fields=["text"])
        ledger.record("opinion.reworded", opinion, actor=user, now=now, data={"text": opinion.text})


def map_comments(
    opinion: Opinion,
    comments: Iterable[Comment],
    *,
    passage: str = "",
    user: Any,
    now: datetime.datetime,
) -> int:
    """Say that comments hold an opinion; give how many did not before.

    passage: where the comment says so, a line for each place; it joins those known already. It
    has to stand in the newest text. Raises ``Refused`` where it does not, and for comments of
    another consultation or taken back by their authors.
    """
    with transaction.atomic():
        begin(opinion.announcement, user)
        _refuse_merged(opinion)
        return _map(opinion, comments, passage, user=user, now=now)


def move_comments(
    source: Opinion,
    target: Opinion,
    comments: Iterable[Comment],
    *,
    user: Any,
    now: datetime.datetime,
) -> int:
    """Move comments from one opinion to another, which stays as concentrated as the first was."""
    with transaction.atomic():
        begin(source.announcement, user)
        _refuse_merged(target)
        if target.announcement_id != source.announcement_id or target.pk == source.pk:
            raise Refused(_("Choose another opinion of the same consultation."))
        was = _concentrated(source)
        moved = _take_over(source, target, [comment.pk for comment in comments])
        _keep(was, source, target)
        data = {"from": source.code, "count": moved}
        ledger.record("opinion.took_over", target, actor=user, now=now, data=data)
    return moved


def unmap_comments(
    opinion: Opinion, comments: Iterable[Comment], *, user: Any, now: datetime.datetime
) -> int:
    """Say that comments do not hold an opinion after all.

    Of a concentrated opinion so many people have to be left that it would be concentrated by them
    alone, and the reviewer is shown what was taken out: an opinion could be taken to pieces until
    nobody owes a reason. Raises ``Refused`` otherwise, unless the legal reviewer does it.
    """
    with transaction.atomic():
        begin(opinion.announcement, user)
        was = _concentrated(opinion)
        mappings = OpinionComment.objects.filter(
            opinion=opinion, comment__in=[comment.pk for comment in comments]
        )
        keys = list(mappings.values_list("comment", flat=True))
        gone, _rows = mappings.delete()
        by_reviewer = _is_reviewer(user, opinion.announcement)
        if was and gone and not by_reviewer and not _holds_by_itself(opinion):
            raise Refused(
                _(
                    "%(code)s would no longer be concentrated. Move the comments to another "
                    "opinion, or ask the legal reviewer to take them out."
                )
                % {"code": opinion.code}
            )
        ledger.record_all(
            ledger.entry(
                "comment.unmapped",
                Comment(pk=pk, announcement=opinion.announcement),
                actor=user,
                now=now,
                data={"opinion": opinion.code},
            )
            for pk in keys
        )
        if was and gone:
            ledger.record(LOST, opinion, actor=user, now=now, data={"count": gone})
    return gone


def lost_comments(opinions: Iterable[int]) -> dict[int, int]:
    """Count, by opinion, the comments taken out of it while it was concentrated.

    opinions: keys; what was merged into one of them counts there.
    """
    found: Counter[int] = Counter()
    for key, entry in _told_of(opinions, LOST):
        found[key] += entry.data["count"]
    return dict(found)


def agreements(opinions: Iterable[int]) -> dict[int, str]:
    """Give, by opinion, who agreed that it is less concentrated than what it came out of.

    opinions: keys, as in ``lost_comments``.
    """
    names: dict[int, list[str]] = defaultdict(list)
    for key, entry in _told_of(opinions, AGREED):
        names[key].append(entry.actor_name)
    return {key: ", ".join(dict.fromkeys(found)) for key, found in names.items()}


def _told_of(opinions: Iterable[int], *actions: str) -> Iterator[tuple[int, Entry]]:
    """Give each entry on these opinions, and on what was merged into them, with the heir's key."""
    heirs = {key: key for key in opinions}
    merged = Opinion.objects.filter(merged_into__in=list(heirs))
    heirs |= {pk: heir for pk, heir in merged.values_list("pk", "merged_into") if heir}
    entries = Entry.objects.filter(
        action__in=actions,
        subject_type=Opinion._meta.label_lower,
        subject_id__in=[str(key) for key in heirs],
    )
    yield from ((heirs[int(entry.subject_id)], entry) for entry in entries.order_by("pk"))


def split_opinion(
    opinion: Opinion,
    text: str,
    comments: Iterable[Comment],
    *,
    user: Any,
    now: datetime.datetime,
) -> Opinion:
    """Make a new opinion of some comments of another; both stay as concentrated as it was."""
    with transaction.atomic():
        begin(opinion.announcement, user)
        _refuse_merged(opinion)
        was = _concentrated(opinion)
        part = _create(opinion.announcement, text, split_from=opinion)
        moved = _take_over(opinion, part, [comment.pk for comment in comments])
        if not moved:
            raise Refused(_("Choose the comments of the new opinion."))
        _keep(was, opinion, part)
        data = {"from": opinion.code, "text": part.text, "count": moved}
        ledger.record("opinion.split", part, actor=user, now=now, data=data)
    return part


def merge_opinions(
    into: Opinion, others: Iterable[Opinion], *, user: Any, now: datetime.datetime
) -> None:
    """Make one opinion of several: their comments go over, and they point to it for good."""
    with transaction.atomic():
        begin(into.announcement, user)
        _refuse_merged(into)
        chosen = [other for other in others if other.pk != into.pk]
        if not chosen or any(o.announcement_id != into.announcement_id for o in chosen):
            raise Refused(_("Choose another opinion of the same consultation."))
        was = any(_concentrated(other) for other in [into, *chosen])
        for other in chosen:
            _refuse_merged(other)
            moved = _take_over(other, into, None)
            other.merged_into = into
            other.save(update_fields=["merged_into"])
            Opinion.objects.filter(merged_into=other).update(merged_into=into)
            data = {"into": into.code, "count": moved}
            ledger.record("opinion.merged", other, actor=user, now=now, data=data)
        _keep(was, into)


def remove_opinion(opinion: Opinion, *, user: Any, now: datetime.datetime) -> None:
    """Remove an opinion that nobody holds; one with a history stays."""
    with transaction.atomic():
        begin(opinion.announcement, user)
        lineage = opinion.merged_into_id or opinion.merged.exists() or opinion.parts.exists()
        signed = SignedOpinion.objects.filter(
            statement__announcement=opinion.announcement, number=opinion.number
        )
        held = opinion.mappings.filter(comment__withdrawal__isnull=True)
        if lineage or signed.exists() or held.exists() or _owes_a_flag(opinion):
            raise Refused(_("Comments hold it, or held it: merge it into another one."))
        opinion.mappings.all().delete()  # of comments that their authors took back
        ledger.record("opinion.removed", opinion, actor=user, now=now, data={"text": opinion.text})
        opinion.delete()


def _owes_a_flag(opinion: Opinion) -> bool:
    """Tell whether the reviewer is to be shown something of it, which an heir has to carry on."""
    told = any(_told_of([opinion.pk], LOST, AGREED))
    return told and answers.standing_comments(opinion.announcement).exists()


def agree_less_concentrated(
    opinion: Opinion, *, reason: str, user: Any, now: datetime.datetime
) -> None:
    """The legal reviewer agrees that a part of a concentrated opinion is none any more.

    Raises ``Refused`` for anybody else, and for whoever split, moved or merged it: two people see
    to it that nobody splits the duty to give a reason away.
    """
    with transaction.atomic():
        begin(opinion.announcement, user)
        if not _is_reviewer(user, opinion.announcement):
            raise Refused(_("Only the legal reviewer agrees to this."))
        if user.pk in _rearrangers(opinion):
            raise Refused(_("You split, moved or merged it: somebody else has to agree."))
        if not reason.strip():
            raise Refused(_("Say why; it is recorded."))
        opinion.kept_concentrated = False
        opinion.save(update_fields=["kept_concentrated"])
        data = {"reason": reason.strip()}
        ledger.record(AGREED, opinion, actor=user, now=now, data=data)


def decide(
    opinion: Opinion,
    disposition: str,
    *,
    reason: str = "",
    changed_clauses: Sequence[str] = (),
    removed_clauses: Sequence[str] = (),
    user: Any,
    now: datetime.datetime,
) -> None:
    """Decide what becomes of an opinion, and why (rule 11).

    changed_clauses: anchors in the final text, which must have them and read differently there
    than the draft; removed_clauses: anchors in the draft of what was struck out. Raises
    ``Refused`` without them for what was adopted, without a reason where a concentrated opinion
    was not fully adopted, and for a reason that is a phrase as it stands.
    """
    with transaction.atomic():
        begin(opinion.announcement, user)
        _refuse_merged(opinion)
        if disposition not in Disposition.values:
            raise Refused(_("Choose what becomes of the opinion."))
        opinion.disposition = disposition
        opinion.reason = reason.strip()
        cites = rules.needs_clause(disposition)
        opinion.changed_clauses = list(dict.fromkeys(changed_clauses)) if cites else []
        opinion.removed_clauses = list(dict.fromkeys(removed_clauses)) if cites else []
        # Both texts are compared only where that decides: it takes a while.
        changes = text_changes(opinion.announcement) if cites else None
        lacking = opinion_lacks(opinion, _concentrated(opinion), changes)
        lacking += _phrase_as_it_stands(opinion)
        if lacking:
            raise Refused(lacking)
        opinion.save(update_fields=["disposition", "reason", "changed_clauses", "removed_clauses"])
        ledger.record(
            "opinion.decided",
            opinion,
            actor=user,
            now=now,
            data={
                "disposition": disposition,
                "reason": opinion.reason,
                "changed_clauses": opinion.changed_clauses,
                "removed_clauses": opinion.removed_clauses,
            },
        )


def opinion_lacks(
    opinion: Opinion, concentrated: bool, changes: rules.TextChanges | None
) -> list[str]:
    """Name what the decision on an opinion lacks, in the active language.

    changes: from the draft to the final text; ``None`` while nobody has written the latter.
    """
    if not opinion.disposition:
        return [_("Not decided yet.")]
    found = []
    if rules.needs_reason(opinion.disposition, concentrated=concentrated) and not opinion.reason:
        found.append(_("Many people asked for this: the reason has to be given."))
    if rules.needs_clause(opinion.disposition):
        found += _wrong_clauses(opinion, changes)
    return found


def _wrong_clauses(opinion: Opinion, changes: rules.TextChanges | None) -> list[str]:
    if changes is None:
        return [_("There is no final text yet whose changed clause could be cited.")]
    if not opinion.changed_clauses and not opinion.removed_clauses:
        return [_("Cite the clause of the final text that was changed.")]
    found = []
    for anchor in opinion.changed_clauses:
        if not changes.exists(anchor):
            found.append(_("The final text has no clause %(anchor)s.") % {"anchor": anchor})
        elif not changes.differs(anchor):
            label = changes.label(anchor)
            found.append(_("%(clause)s reads as it did in the draft.") % {"clause": label})
    found += [
        _("The draft has no clause %(anchor)s that was struck out.") % {"anchor": anchor}
        for anchor in opinion.removed_clauses
        if anchor not in changes.removed
    ]
    return found


def text_changes(announcement: Announcement) -> rules.TextChanges | None:
    """Compare the newest draft with the final text; ``None`` while there is none."""
    final = final_text(announcement)
    if final is None:
        return None
    return rules.TextChanges(announcement.versions.latest("seq").text, final.text)


def _phrase_as_it_stands(opinion: Opinion) -> list[str]:
    if rules.is_unadapted(opinion.reason, Phrase.objects.values_list("text", flat=True)):
        return [_("Adapt the phrase to this opinion: say what is so in this case.")]
    return []


# --- what all of them do ------------------------------------------------------------------------


def refuse_strangers(user: Any, announcement: Announcement) -> None:
    """Raise ``Refused`` for whoever does not handle the consultation."""
    if not handled_by(user).filter(pk=announcement.pk).exists():
        raise Refused(_("Only officers of the organisation may do this."))


def begin(announcement: Announcement, user: Any) -> None:
    """Call it first in a transaction that changes opinions, groups or the statement."""
    refuse_strangers(user, announcement)
    if announcement.historic:
        raise Refused(_("It took place elsewhere; its record stays as it was entered."))
    guards.lock("consultations.opinions", announcement.pk)


def _words(text: str) -> str:
    if not text.strip():
        raise Refused(_("Write the opinion in one or two sentences."))
    return text.strip()


def _create(announcement: Announcement, text: str, **fields: Any) -> Opinion:
    last = Opinion.objects.filter(announcement=announcement).aggregate(n=Max("number"))["n"] or 0
    opinion: Opinion = Opinion.objects.create(
        announcement=announcement, number=last + 1, text=_words(text), **fields
    )
    return opinion


def _refuse_merged(opinion: Opinion) -> None:
    if opinion.merged_into_id is not None:
        raise Refused(_("It was merged into another opinion."))


def _map(
    opinion: Opinion,
    comments: Iterable[Comment],
    passage: str,
    *,
    user: Any,
    now: datetime.datetime,
) -> int:
    keys = {comment.pk for comment in comments}
    standing = answers.standing_comments(opinion.announcement).filter(pk__in=keys)
    chosen = {comment.pk: comment for comment in standing.with_newest()}
    if len(chosen) != len(keys):
        raise Refused(_("Some of these comments were withdrawn or belong elsewhere."))
    known = list(OpinionComment.objects.filter(opinion=opinion, comment__in=keys))
    new = keys - {mapping.comment_id for mapping in known}
    passage = _joined(passage)
    if passage:
        _refuse_foreign_passage(passage, [chosen[pk] for pk in keys])
    further = _add_passages((mapping, passage) for mapping in known)
    OpinionComment.objects.bulk_create(
        OpinionComment(
            opinion=opinion,
            comment_id=pk,
            text_id=chosen[pk].newest_text_id,
            passage=passage,
        )
        for pk in sorted(new)
    )
    ledger.record_all(
        ledger.entry(
            "comment.mapped", chosen[pk], actor=user, now=now, data={"opinion": opinion.code}
        )
        for pk in sorted(new | further)
    )
    return len(new)


def _refuse_foreign_passage(passage: str, comments: Sequence[Any]) -> None:
    texts = CommentText.objects.filter(pk__in=[comment.newest_text_id for comment in comments])
    places = [rules.squeeze(line) for line in passage.splitlines()]
    said = [rules.squeeze(text.text) for text in texts]
    if any(place not in text for text in said for place in places):
        raise Refused(_("The comment does not say this."))


def _joined(*passages: str) -> str:
    """Make one passage of several: a line for each place, none twice, in the order given."""
    lines = (line.strip() for passage in passages for line in passage.splitlines())
    return "\n".join(dict.fromkeys(line for line in lines if rules.squeeze(line)))


def _add_passages(further: Iterable[tuple[OpinionComment, str]]) -> set[int]:
    """Keep further passages with mappings; give the comments of those that had not all of it."""
    changed = []
    for mapping, passage in further:
        joined = _joined(mapping.passage, passage)
        if joined != mapping.passage:
            mapping.passage = joined
            changed.append(mapping)
    OpinionComment.objects.bulk_update(changed, ["passage"])
    return {mapping.comment_id for mapping in changed}


def _take_over(source: Opinion, target: Opinion, keys: Sequence[int] | None) -> int:
    mappings = OpinionComment.objects.filter(opinion=source)
    if keys is not None:
        mappings = mappings.filter(comment__in=keys)
    held = {mapping.comment_id: mapping for mapping in target.mappings.all()}
    moved = mappings.count()
    both = mappings.filter(comment__in=held)
    _add_passages((held[one.comment_id], one.passage) for one in both.exclude(passage=""))
    both.delete()
    mappings.update(opinion=target)
    return moved


def _rearrangers(opinion: Opinion) -> set[int | None]:
    """Give who split, moved or merged an opinion, or any that it came out of or went into."""
    codes = {str(one.pk): one.code for one in opinion.announcement.opinions.all()}
    entries = Entry.objects.filter(
        action__in=_REARRANGED,
        subject_type=Opinion._meta.label_lower,
        subject_id__in=list(codes),
    )
    steps = [
        ({codes[entry.subject_id], entry.data.get("from") or entry.data["into"]}, entry.actor_id)
        for entry in entries
    ]
    kin, before = {opinion.code}, 0
    while len(kin) > before:
        before = len(kin)
        for pair, _actor in steps:
            if pair & kin:
                kin |= pair
    return {actor for pair, actor in steps if pair & kin}


def _concentrated(opinion: Opinion) -> bool:
    found = {one.opinion.pk: one for one in answers.weighed(opinion.announcement)}
    return opinion.pk in found and found[opinion.pk].concentrated


def _holds_by_itself(opinion: Opinion) -> bool:
    """Tell whether so many hold it that it is concentrated, wherever it came from."""
    tally = answers.tallies(opinion.announcement).get(opinion.pk, answers.Tally())
    total = answers.people(opinion.announcement)
    return answers.concentration().holds(tally.people, total)


def _keep(was: bool, *opinions: Opinion) -> None:
    """What was concentrated stays so in all its parts."""
    if was:
        for opinion in opinions:
            opinion.kept_concentrated = True
            opinion.save(update_fields=["kept_concentrated"])


def _is_reviewer(user: Any, announcement: Announcement) -> bool:
    owner = organisations.owner_of(announcement.page)
    return user.is_superuser or Role.REVIEWER in organisations.roles_of(user, owner)
