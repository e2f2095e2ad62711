"""Builds the demo city through the services that the site itself uses.

Its documents pass the real review. Only the clock is the demo's own: a document is released on
the day of its issue, so that the city has a past.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.files.images import ImageFile
from django.db import transaction
from django.utils.translation import override
from wagtail.images import get_image_model
from wagtail.models import Page, Site
from wagtail.users.models import UserProfile

from demo import answers, consultations
from demo.consultations import Story
from demo.desk import DATA, OFFICE, WORKING_HOURS, columns, pass_review, read, staff
from demo.importing import bring_in
from guards.services import clock_stands_at
from multilingual.languages import SOURCE
from organisations import services as organisations
from organisations.models import Organisation
from policies import services as policies
from policies.enums import Disclosure
from policies.models import (
    InterpretationPage,
    PolicyAlias,
    PolicyIssuer,
    PolicyNumber,
    PolicyPage,
    PolicyRelation,
    ProposedEffect,
)
from portal.models import PortalSettings
from vocabularies.models import Audience, Subject, Territory
from workdays import services as workdays
from workdays.rules import SHANGHAI

PASSWORD = "gongkai-demo"  # noqa: S105 - shown on the login page of the demo
NOTIFICATIONS = ("submitted_notifications", "approved_notifications", "rejected_notifications")


def is_loaded() -> bool:
    """Tell whether the demo city stands in this database."""
    return Organisation.objects.filter(code=OFFICE).exists()


def load(*, now: datetime.datetime, progress: Callable[[int, int], None] = lambda *_: None) -> None:
    """Load the whole city in one transaction. ``progress`` hears how many documents are done."""
    with transaction.atomic(), override(SOURCE):
        load_authorities(now=now)
        pages = load_policies(now=now, progress=progress)
        load_consultations(pages, now=now)


def load_policies(
    *,
    now: datetime.datetime,
    only: Collection[str] = (),
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, PolicyPage]:
    """Release the documents, all or those with these slugs, with the consultations that led to
    them; give them by slug."""
    stated = [policy for policy in read("policies.json") if not only or policy["slug"] in only]
    stated.sort(key=lambda policy: policy["issued_on"])
    pages: dict[str, PolicyPage] = {}
    interpretations = _by_policy(read("interpretations.json"))
    for done, policy in enumerate(stated, start=1):
        pages[policy["slug"]] = _release(policy, pages, interpretations, now)
        progress(done, len(stated))
    return pages


def load_consultations(pages: dict[str, PolicyPage], *, now: datetime.datetime) -> None:
    """Load the consultations without a document, and what lies on the editors' desks."""
    stories = consultations.load(pages, now=now)
    for draft in read("drafts.json"):
        _leave_on_the_desk(draft, pages, stories)
    for story in stories.values():
        story.answer()


def load_authorities(*, now: datetime.datetime) -> None:
    """Load what every document stands on: portal, calendar, terms, authorities and their people."""
    _set_up_the_portal()
    extend_calendar(now=now)
    _load_terms()
    _load_organisations(now)
    _load_people(now)
    answers.prepare(now=now)


def extend_calendar(*, now: datetime.datetime) -> None:
    """Make up the days off of the running and the coming year where no notice is known.

    Of the year before too: in January the city's consultations reach back into it.
    """
    year = now.astimezone(SHANGHAI).year
    with override(SOURCE):
        for wanted in (year - 1, year, year + 1):
            workdays.announce_sample_year(wanted, now=now)


def _leave_on_the_desk(
    stated: dict[str, Any], pages: dict[str, PolicyPage], stories: dict[str, Story]
) -> None:
    """Leave a document where the editors of the demo find it: as a draft, or in legal review.

    One that comes of a consultation is made of its draft, by what was replaced.
    """
    owner = Organisation.objects.select_related("page").get(code=stated["owner"])
    drafter, *_others = staff(stated["owner"])
    body = "\n".join(stated.get("body", ()))
    story = stories[stated["consultation"]] if "consultation" in stated else None
    if story is not None:
        body = story.announcement.versions.latest("seq").text
        for old, new in stated["replace"]:
            body = body.replace(old, new)
    page = _draft(stated, body, pages)
    page.consultation = story.announcement.page if story else None
    page.owner = drafter
    owner.page.add_child(instance=page)
    page.save_revision(user=drafter)
    if stated["step"] == "review":
        page.get_workflow().start(page, drafter)


def _set_up_the_portal() -> None:
    stated = read("portal.json")
    home = Site.objects.get(is_default_site=True).root_page
    name = stated["short_name"][SOURCE]
    Page.objects.filter(pk=home.pk).update(title=name, draft_title=name)
    Site.objects.filter(is_default_site=True).update(site_name=name)
    settings = PortalSettings.load()
    for field, value in stated.items():
        texts = columns(field, value) if isinstance(value, dict) else {field: value}
        for column, text in texts.items():
            setattr(settings, column, text)
    settings.save()


def _load_terms() -> None:
    for name, model in (("subjects", Subject), ("audiences", Audience), ("territories", Territory)):
        for order, term in enumerate(read("terms.json")[name]):
            model.objects.create(key=term["key"], sort_order=order, **columns("name", term["name"]))


def _load_organisations(now: datetime.datetime) -> None:
    stated = read("organisations.json")
    known: dict[str, Organisation] = {}
    for item in stated:
        first, *later = item["names"]
        known[item["code"]] = organisations.establish(
            item["code"],
            level=item["level"],
            names=first["name"],
            short_names=first.get("short"),
            parent=known.get(item["parent"]),
            now=now,
        )
        for name in later:
            organisations.rename(
                known[item["code"]],
                name["name"],
                short_names=name.get("short"),
                valid_from=datetime.date.fromisoformat(name["from"]),
                now=now,
            )
    for item in stated:
        for successor in item["successors"]:
            organisations.merge(
                [known[item["code"]]],
                [known[successor["code"]]],
                on=datetime.date.fromisoformat(successor["on"]),
                now=now,
            )


def _load_people(now: datetime.datetime) -> None:
    # All have the same, and to hash it is slow by design.
    password = make_password(PASSWORD)
    for person in read("people.json"):
        user = get_user_model().objects.create(
            username=person["username"],
            email=f"{person['username']}@example.com",
            password=password,
            last_name=person["name"],
        )
        UserProfile.objects.create(user=user, **dict.fromkeys(NOTIFICATIONS, False))
        if person["role"] == "administrator":
            organisations.appoint_administrator(user, now=now)
        else:
            organisation = Organisation.objects.get(code=person["organisation"])
            organisations.grant(user, organisation, person["role"], now=now)


def _by_policy(stated: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for item in stated:
        found.setdefault(item["policy"], []).append(item)
    return found


def _release(
    policy: dict[str, Any],
    pages: dict[str, PolicyPage],
    interpretations: dict[str, list[dict[str, Any]]],
    now: datetime.datetime,
) -> PolicyPage:
    body = (DATA / "policies" / f"{policy['slug']}.txt").read_text("utf-8").strip()
    if policy.get("imported"):
        return bring_in(policy, body, pages, interpretations.get(policy["slug"], []), now=now)
    story = consultations.load_before(policy, pages, now=now)
    owner = Organisation.objects.select_related("page").get(code=policy["owner"])
    people = staff(policy["owner"])
    drafter, _reviewer, publisher = people
    page = _draft(policy, body, pages)
    page.consultation = story.announcement.page if story else None
    page.owner = drafter
    owner.page.refresh_from_db()
    owner.page.add_child(instance=page)
    for item in interpretations.get(policy["slug"], []):
        page.refresh_from_db()
        explanation = _interpretation(item, owner)
        page.add_child(instance=explanation)
        explanation.save_revision(user=drafter)
    page = PolicyPage.objects.get(pk=page.pk)
    if story is not None:
        # The statement cites the clauses of the final text, which is found by its newest revision.
        page.save_revision(user=drafter)
        story.answer()
    revision = pass_review(page, people)
    issued = datetime.date.fromisoformat(policy["issued_on"])
    released_at = min(datetime.datetime.combine(issued, WORKING_HOURS), now)
    with clock_stands_at(released_at) if story else nullcontext():
        policies.publish(page, revision, user=publisher, now=released_at)
    released: PolicyPage = PolicyPage.objects.get(pk=page.pk)
    return released


def _draft(policy: dict[str, Any], body: str, pages: dict[str, PolicyPage]) -> PolicyPage:
    waiver = policy.get("no_interpretation") or {}
    page = PolicyPage(
        title=policy["title"][SOURCE][:255],
        slug=policy["slug"],
        live=False,
        **columns("headline", policy["title"]),
        **columns("abstract", policy["abstract"]),
        **columns("translation_ready", dict.fromkeys(policy["title"], True)),
        kind=policy["kind"],
        disclosure=Disclosure.PROACTIVE,
        business_related=policy.get("business_related", False),
        adoption_note=policy.get("adoption_note", ""),
        adopted_on=policy["adopted_on"],
        issued_on=policy["issued_on"],
        effective_on=policy["effective_on"],
        expires_on=policy["expires_on"],
        subject=Subject.objects.get(key=policy["subject"]),
        territory=Territory.objects.get(key=policy["territory"]),
        no_interpretation_reason=waiver.get("reason", ""),
        interpretation_due_on=waiver.get("due_on"),
    )
    page.body = [("text", body)]
    page.audiences = list(Audience.objects.filter(key__in=policy["audiences"]))
    page.numbers = [PolicyNumber(text=text) for text in policy["numbers"]]
    page.issuers = [
        PolicyIssuer(organisation=Organisation.objects.get(code=code)) for code in policy["issuers"]
    ]
    page.popular_names = [
        PolicyAlias(text=alias["text"], language=alias["lang"]) for alias in policy["aliases"]
    ]
    page.proposed_effects = [
        ProposedEffect(
            kind=effect["kind"],
            target=pages[effect["target"]],
            provisions=effect["provisions"],
            effective_on=effect["effective_on"],
            until_on=effect["until_on"],
            applied=effect["applied"],
        )
        for effect in policy["effects"]
    ]
    page.relations = [
        PolicyRelation(kind=relation["kind"], target=pages[relation["target"]])
        for relation in policy["relations"]
    ]
    return page


def _interpretation(item: dict[str, Any], owner: Organisation) -> InterpretationPage:
    page = InterpretationPage(
        title=item["title"][SOURCE][:255],
        slug=item["slug"],
        live=False,
        **columns("headline", item["title"]),
        **columns("abstract", item["abstract"]),
        **columns("translation_ready", dict.fromkeys(item["title"], True)),
        kind=item["kind"],
        speaker=item["speaker"],
        signed_on=item["signed_on"],
    )
    page.body = list(_blocks(item["body"], owner))
    return page


def _blocks(body: list[dict[str, Any]], owner: Organisation) -> Iterator[tuple[str, Any]]:
    for block in body:
        if block["type"] == "picture":
            yield (
                "picture",
                {
                    "image": _picture(block["file"], owner),
                    "alternative": block["alternative"],
                },
            )
        elif block["type"] == "question":
            yield "question", {"question": block["question"], "answer": block["answer"]}
        else:
            yield "text", block["value"]


def _picture(name: str, owner: Organisation) -> Any:
    path = DATA / "pictures" / name
    with path.open("rb") as file:
        return get_image_model().objects.create(
            title=path.stem,
            file=ImageFile(file, name=name),
            collection=organisations.collection_of(owner),
        )
