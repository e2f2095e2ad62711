"""The consultations of the demo city, which live through the weeks before the day of loading.

All their days are counted from that day, so that each state shows itself whenever the city is
loaded; those that led to a document are counted from the day on which it was issued. What
happens, happens through the services, in the order of time: the clock is their argument, and the
database's own clock stands where a period or a statement is written.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings

from consultations import services
from consultations.enums import Change, ChannelKind, Verdict
from consultations.models import (
    Announcement,
    Channel,
    CitedBasis,
    Comment,
    ConsultationAuthority,
    ConsultationPage,
    Period,
)
from consultations.rules import SHANGHAI, close_of, local_day
from demo.answers import Answers, Received
from demo.desk import DATA, WORKING_HOURS, columns, pass_review, read, staff
from guards.services import clock_stands_at
from multilingual.languages import SOURCE
from organisations.models import Organisation
from policies.models import PolicyPage
from vocabularies.models import Subject
from workdays import services as workdays
from workdays.rules import ONE_DAY, Calendar, is_working_day, nth_working_day

LOOK_BACK = ONE_DAY * 400
OPENING_HOUR = datetime.time(9, tzinfo=SHANGHAI)
AFTERNOON = datetime.time(15, tzinfo=SHANGHAI)
MORNING_HOUR = 7
NIGHT = datetime.timedelta(hours=8)
LETTER_TAKES = ONE_DAY * 2
LATE_SEAL = ONE_DAY * 4
PUBLISH = "publish"

Happening = tuple[datetime.datetime, Callable[[datetime.datetime], Any]]
"""Something and its moment, which it gets as its clock."""


def load(policies: Mapping[str, PolicyPage], *, now: datetime.datetime) -> dict[str, Story]:
    """Load the consultations that led to no document yet, with what came in, and the exemptions.

    policies: by slug. Gives the stories by key; what the officers answered is still to be told.
    """
    days = Days.around(local_day(now))
    stories = {
        key: Story(stated, key, policies, days, now)
        for key, stated in _stated().items()
        if "policy" not in stated
    }
    for story in stories.values():
        story.tell()
    for stated in read("exemptions.json"):
        _exempt(stated, days)
    return stories


def load_before(
    policy: Mapping[str, Any], policies: Mapping[str, PolicyPage], *, now: datetime.datetime
) -> Story | None:
    """Load the consultation that led to a document of the demo; ``None`` if none did."""
    for key, stated in _stated().items():
        if stated.get("policy") == policy["slug"]:
            day = min(datetime.date.fromisoformat(policy["issued_on"]), local_day(now))
            end = min(datetime.datetime.combine(day, WORKING_HOURS), now)
            story = Story(stated, key, policies, Days.around(day), end)
            story.tell()
            return story
    return None


def _stated() -> dict[str, dict[str, Any]]:
    paths = sorted((DATA / "consultations").glob("*.json"))
    return {path.stem: read(f"consultations/{path.name}") for path in paths}


@dataclass(frozen=True)
class Days:
    """The days around the last one of a story, counted in working days."""

    today: datetime.date
    calendar: Calendar

    @classmethod
    def around(cls, day: datetime.date) -> Days:
        return cls(day, workdays.calendar(day - LOOK_BACK))

    def working(self, offset: int) -> datetime.date:
        """Give the working day so many before (negative) or after today."""
        if offset > 0:
            return nth_working_day(self.today, offset, self.calendar)
        day = self.today
        while offset:
            day -= ONE_DAY
            offset += is_working_day(day, self.calendar)
        return day

    def after(self, day: datetime.date, number: int) -> datetime.date:
        """Give the n-th working day after a day."""
        return nth_working_day(day, number, self.calendar)


@dataclass
class Story:
    """One consultation, from its announcement to its last day: that of loading, or of issue."""

    stated: dict[str, Any]
    key: str
    policies: Mapping[str, PolicyPage]
    days: Days
    now: datetime.datetime
    announcement: Announcement = field(init=False)
    waiting: dict[int, tuple[Comment, str]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def tell(self) -> None:
        """Announce it, and let each of its rounds happen."""
        self.people = staff(self.stated["owner"])
        self._announce()
        chapters: list[list[dict[str, Any]]] = [[]]
        for event in self.stated.get("events", []):
            if event["do"] == "round":
                chapters.append([])
            chapters[-1].append(event)
        for round_, events in enumerate(chapters, start=1):
            if round_ > 1:
                self._change(events.pop(0), Change.ROUND)
            self._live_through(round_, events)

    def answer(self) -> None:
        """Let the officers answer what came in, as far as they got."""
        if "answer" in self.stated:
            Answers(
                self.announcement, self.stated["answer"], self.received, self.people, self._morning
            ).write()

    def _morning(self, offset: int) -> datetime.datetime:
        return _at(self.days.working(offset), WORKING_HOURS)

    # --- what the authority does ----------------------------------------------------------------

    def _announce(self) -> None:
        opens_on = self.days.working(self.stated["opens"])
        announced_on = self.days.working(min(self.stated["opens"], 0) - 1)
        announced_at = _at(announced_on, AFTERNOON)
        owner = Organisation.objects.select_related("page").get(code=self.stated["owner"])
        page = self._draft()
        page.opens_at = _at(opens_on, OPENING_HOUR)
        page.signed_on = announced_on
        page.closes_on = self._closes_on(opens_on, self.stated)
        owner.page.add_child(instance=page)
        self._pass(page, announced_at)
        self.announcement = Announcement.objects.get(page=page)

    def _closes_on(self, opens_on: datetime.date, stated: dict[str, Any]) -> datetime.date | None:
        """Give the last day by a number of working days; ``None`` for the earliest lawful one."""
        number = stated.get("working_days")
        return self.days.after(opens_on, number) if number else None

    def _pass(self, page: ConsultationPage, moment: datetime.datetime) -> None:
        revision = pass_review(page, self.people)
        with clock_stands_at(moment):
            services.publish(page, revision, user=self.people[-1], now=moment)

    def _draft(self) -> ConsultationPage:
        stated = self.stated
        replaces = stated.get("replaces")
        shortening = stated.get("shortening", {"ground": "", "reason": ""})
        page = ConsultationPage(
            title=stated["title"][SOURCE][:255],
            slug=self.key,
            live=False,
            owner=self.people[0],
            **columns("headline", stated["title"]),
            **columns("abstract", stated["abstract"]),
            **columns("translation_ready", dict.fromkeys(stated["title"], True)),
            procedure=stated["procedure"],
            business_related=stated["business_related"],
            shortening=shortening["ground"],
            shortening_reason=shortening["reason"],
            subject=Subject.objects.get(key=stated["subject"]),
            draft="\n".join(stated["draft"]),
            explanation="".join(stated["explanation"]),
            replaces=self.policies[replaces].page_ptr if replaces else None,
            contact_person=stated["contact"]["person"],
            contact_phone=stated["contact"]["phone"],
            signer=stated["signer"],
        )
        page.authorities = [
            ConsultationAuthority(
                organisation=Organisation.objects.get(code=code), sort_order=place
            )
            for place, code in enumerate(stated["authorities"])
        ]
        page.cited_bases = [CitedBasis(text=text) for text in stated["legal_bases"]]
        page.channels = [Channel(**channel) for channel in stated["channels"]]
        return page

    def _change(self, event: dict[str, Any], change: Change) -> None:
        moment = self._moment_of(event)
        page = ConsultationPage.objects.get(pk=self.announcement.page_id)
        page = page.get_latest_revision_as_object()
        for old, new in event.get("replace", []):
            page.draft = page.draft.replace(old, new)
        page.change = change
        page.change_reason = event["reason"]
        if change is Change.ROUND:
            page.opens_at = None
            page.closes_on = self._closes_on(local_day(moment), event)
            page.explanation = "".join(event["explanation"])
        self._pass(page, moment)

    def _moment_of(self, event: dict[str, Any]) -> datetime.datetime:
        return self._morning(event["on"])

    def _do(self, event: dict[str, Any], moment: datetime.datetime) -> None:
        publisher = self.people[-1]
        if event["do"] == "correct":
            self._change(event, Change.CLERICAL)
        elif event["do"] == "extend":
            with clock_stands_at(moment):
                services.extend(
                    self.announcement,
                    closes_on=self.days.today + ONE_DAY * event["closes"],
                    reason=event["reason"],
                    user=publisher,
                    now=moment,
                )
        else:
            services.withdraw(self.announcement, reason=event["reason"], user=publisher, now=moment)

    # --- what comes in --------------------------------------------------------------------------

    def _live_through(self, round_: int, events: list[dict[str, Any]]) -> None:
        """Let the events of a round and the comments on it happen, each at its moment."""
        period = self.announcement.periods.latest("seq")
        close = period.closes_at
        ends = [close, self.now]
        for event in events:
            if event["do"] == "extend":
                ends[0] = close = close_of(self.days.today + ONE_DAY * event["closes"])
            elif event["do"] == "withdraw":
                ends.append(self._moment_of(event))
        end = min(ends)
        happenings: list[Happening] = [
            (self._moment_of(event), partial(self._do, event)) for event in events
        ]
        happenings += self._comments(round_, period, end, close)
        happenings += [(moment, self._decide) for moment in self._mornings(period.opens_at)]
        seals = (close + settings.SEAL_AFTER + datetime.timedelta(minutes=1), close + LATE_SEAL)
        happenings += [(moment, services.seal_due) for moment in seals]
        for moment, happen in sorted(happenings, key=lambda pair: pair[0]):
            if moment <= self.now:
                happen(moment)

    def _mornings(self, opens_at: datetime.datetime) -> list[datetime.datetime]:
        """Give when the officers read: each working morning until today."""
        first = local_day(opens_at)
        days = [first + ONE_DAY * n for n in range(1, (self.days.today - first).days + 1)]
        return [_at(d, WORKING_HOURS) for d in days if is_working_day(d, self.days.calendar)]

    def _comments(
        self, round_: int, period: Period, end: datetime.datetime, close: datetime.datetime
    ) -> list[Happening]:
        stated = [item for item in self.stated["comments"] if item.get("round", 1) == round_]
        late = [item for item in stated if item.get("late")]
        in_time = [item for item in stated if not item.get("late")]
        moments = _spread(len(in_time), period.opens_at, end, seed=f"{self.key} {round_}")
        moments += [
            close + LETTER_TAKES + datetime.timedelta(hours=9 + n) for n in range(len(late))
        ]
        return [
            happening
            for number, (item, moment) in enumerate(zip(in_time + late, moments, strict=True))
            for happening in self._comment(f"{round_}-{number}", item, moment, period, end)
        ]

    def _comment(
        self,
        number: str,
        item: dict[str, Any],
        moment: datetime.datetime,
        period: Period,
        end: datetime.datetime,
    ) -> list[Happening]:
        """Give the sending of a comment, and what its author does with it later."""
        sent = services.Submission(
            text=item["text"],
            clause=item.get("clause", ""),
            name=item.get("name", ""),
            email=item.get("email", ""),
            phone=item.get("phone", ""),
            represents=item.get("represents", ""),
            consent_publish=item.get("consent", True),
            submission_id=f"{self.key}-{item.get('id', number)}",
            language=item.get("language", SOURCE),
        )
        received: list[Comment] = []

        def send(at: datetime.datetime) -> None:
            if channel := item.get("channel"):
                posted = local_day(end if item.get("late") else at - LETTER_TAKES)
                opened, last = local_day(period.opens_at), local_day(end - NIGHT)
                postmarked_on = max(opened, min(posted, last))
                people = item.get("people", 1)
                entry = services.Entry(sent, ChannelKind(channel), postmarked_on, people)
                receipt = services.enter_off_line(
                    self.announcement, entry, user=self.people[0], now=at
                )
            else:
                receipt = services.submit(self.announcement, sent, now=at)
            received.append(receipt.comment)
            self.received.append((item, receipt.comment))
            self._wait(receipt.comment, item)

        def amend(at: datetime.datetime) -> None:
            services.amend(
                received[0],
                text=item["amended"],
                represents=sent.represents,
                consent_publish=sent.consent_publish,
                now=at,
            )
            self._wait(received[0], item)

        def take_back(at: datetime.datetime) -> None:
            self.waiting.pop(received[0].pk, None)
            services.take_back(received[0], now=at)

        later = moment + (end - moment) / 3
        found: list[Happening] = [(moment, send)]
        if "amended" in item:
            found.append((later, amend))
        if item.get("withdrawn"):
            found.append((later, take_back))
        return found

    def _wait(self, comment: Comment, item: dict[str, Any]) -> None:
        decided = item.get("decided", PUBLISH)
        if decided and item.get("consent", True):
            self.waiting[comment.pk] = (comment, decided)

    def _decide(self, moment: datetime.datetime) -> None:
        """Publish or withhold what has come in since the last time."""
        officer = self.people[1]
        for decided in {decided for _comment, decided in self.waiting.values()}:
            comments = [comment for comment, word in self.waiting.values() if word == decided]
            publishes = decided == PUBLISH
            services.moderate(
                comments,
                Verdict.PUBLISH if publishes else Verdict.WITHHOLD,
                reason="" if publishes else decided,
                user=officer,
                now=moment,
            )
        self.waiting.clear()


def _at(day: datetime.date, time: datetime.time) -> datetime.datetime:
    return datetime.datetime.combine(day, time)


def _spread(
    number: int, begin: datetime.datetime, end: datetime.datetime, *, seed: str
) -> list[datetime.datetime]:
    """Give so many moments in order, the same for each loading, few of them at night."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    found = []
    for _n in range(number):
        moment = begin + (end - begin) * chance.random()
        later = moment + NIGHT
        at_night = moment.astimezone(SHANGHAI).hour < MORNING_HOUR
        found.append(later if at_night and later < end else moment)
    return sorted(moment.replace(microsecond=0) for moment in found)


def _exempt(stated: dict[str, Any], days: Days) -> None:
    drafter, reviewer, _publisher = staff(stated["organisation"])
    services.exempt(
        Organisation.objects.get(code=stated["organisation"]),
        ground=stated["ground"],
        matter=stated["matter"],
        reason=stated["reason"],
        public_statement=stated["public_statement"],
        requested_by=drafter,
        approved_by=reviewer,
        now=_at(days.working(stated["on"]), WORKING_HOURS),
    )
