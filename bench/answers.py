"""The pages of answers at 20,000 comments and 300 opinions, against 200 comments and 30 opinions.

    [BENCH_DATABASE_URL=postgres://…/NAME] python bench/answers.py [--rounds 5]

Without the variable the database is SQLite, in the folder of the bench; one that is named is made
anew, so it has to be one that nobody needs.

Two consultations on a draft of 150 articles are answered with a policy in which 120 of them read
differently. Comments, opinions and what belongs to them are inserted in bulk, since nobody measures
how; statement and policy go through their people. The pages of both are asked for in turn. The
public board shows both at once, so it is measured with the small one alone and with both, each time
against a page that has nothing to do with either.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from typing import Any

import comments as crowd
import measure

DATABASE = os.environ.get("BENCH_DATABASE_URL", "")
FEW, MANY = (200, 30), (20_000, 300)
ARTICLES, CHANGED = 150, 120
AT_ONCE = 2_000
OPENS, WRITTEN, CLOSED = "2026-03-02", "2026-03-04", "2026-03-10"
SENTENCE = "第{}条 {}应当按照规定公开收费标准，接受监督，并在明显位置告知用户投诉的途径。"
BARE = "/consultations/exemptions/"


def draft() -> str:
    """As many articles, each with words of its own."""
    return "\n".join(SENTENCE.format(_number(n), f"第{n}类场所") for n in range(1, ARTICLES + 1))


def final() -> str:
    """The draft with most of its articles changed."""
    lines = draft().split("\n")
    return "\n".join(
        line.replace("明显位置", "入口处和明显位置") if n < CHANGED else line
        for n, line in enumerate(lines)
    )


def _number(n: int) -> str:
    digits = "零一二三四五六七八九"
    hundreds, tens, ones = n // 100, n // 10 % 10, n % 10
    words = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        words += f"{'' if tens == 1 and not hundreds else digits[tens]}十"
    elif hundreds and ones:
        words += "零"
    return words + (digits[ones] if ones else "")


def answered(team: Any, size: tuple[int, int], texts: list[str]) -> Any:
    """A consultation with as many comments and opinions, answered with its policy."""
    from django.db import transaction

    from consultations.models import Announcement
    from tests import answering, clock, factories

    with clock.standing_at(clock.at(OPENS)):
        announcement: Announcement = factories.announce(team, draft=draft())
    with clock.standing_at(clock.at(WRITTEN)) as now, transaction.atomic():
        fill(announcement, team, size, texts, now)
    with clock.standing_at(clock.at(CLOSED)):
        page = answering.policy(team, announcement, body=[("text", final())])
        answering.sign(announcement, team)
        factories.review(page, team)
    return announcement


def fill(announcement: Any, team: Any, size: tuple[int, int], texts: list[str], now: Any) -> None:
    """Comments, the officers' decisions on them, opinions, and a confirmed campaign."""
    from consultations.enums import ChannelKind, Disposition, GroupState, Verdict
    from consultations.models import (
        Comment,
        CommentGroup,
        CommentText,
        GroupMember,
        Moderation,
        Opinion,
        OpinionComment,
    )

    count, opinions = size
    version = announcement.versions.get()
    written = Comment.objects.bulk_create(
        (
            Comment(
                announcement=announcement,
                round=1,
                draft_version=version,
                clause_lineage=n % ARTICLES + 1,
                channel=ChannelKind.WEB,
                language="zh-hans",
                received_at=now,
                receipt_digest=secrets.token_hex(32),
                salt=secrets.token_hex(16),
            )
            for n in range(count)
        ),
        batch_size=AT_ONCE,
    )
    said = CommentText.objects.bulk_create(
        (
            CommentText(
                comment=comment,
                seq=1,
                text=texts[n],
                consent_publish=n % 10 > 0,
                written_at=now,
                commitment=secrets.token_hex(32),
            )
            for n, comment in enumerate(written)
        ),
        batch_size=AT_ONCE,
    )
    Moderation.objects.bulk_create(
        (
            Moderation(text=text, verdict=Verdict.PUBLISH, decided_at=now, decided_by=team.drafter)
            for text in said
            if text.consent_publish
        ),
        batch_size=AT_ONCE,
    )
    treatments = list(Disposition)
    held = Opinion.objects.bulk_create(
        Opinion(
            announcement=announcement,
            number=n + 1,
            text=f"意见{n + 1}：{texts[n][:200]}",
            disposition=(chosen := treatments[n % len(treatments)]),
            reason=f"第{n + 1}条意见经研究，已按照上位法和实际情况处理，理由如前所述。",
            changed_clauses=[f"art-{n % CHANGED + 1}"]
            if chosen in {Disposition.ADOPTED, Disposition.PARTLY_ADOPTED}
            else [],
        )
        for n in range(opinions)
    )
    OpinionComment.objects.bulk_create(
        (
            OpinionComment(opinion=held[n % opinions], comment=comment, text=text)
            for n, (comment, text) in enumerate(zip(written, said, strict=True))
        ),
        batch_size=AT_ONCE,
    )
    group = CommentGroup.objects.create(announcement=announcement, state=GroupState.CONFIRMED)
    GroupMember.objects.bulk_create(
        (GroupMember(group=group, comment=comment) for comment in written[::opinions]),
        batch_size=AT_ONCE,
    )


# --- what is measured ---------------------------------------------------------------------------


def pages(announcement: Any) -> dict[str, str]:
    """The addresses that grow with a consultation."""
    public, admin = f"/consultations/{announcement.slug}/", "/admin/consultations/"
    answers = f"{admin}{announcement.page_id}/answers/"
    return {
        "statement with its redline": f"{public}statement/",
        "redline, the final words alone": f"{public}statement/?side=after",
        "API, consultation with statement": f"/api/v1{public.rstrip('/')}",
        "API, 100 opinions": f"/api/v1{public}opinions?size=100",
        "officers' board": answers,
        "officers' opinions": f"{answers}opinions/",
        "officers' statement": f"{answers}statement/",
        "table of opinions, DOCX": f"{answers}opinions.docx",
    }


def queries(get: Callable[..., bytes], address: str) -> int:
    """How many queries a page asks that somebody has seen before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    get(measure.cold(address))  # what all pages share is read once
    with CaptureQueriesContext(connection) as asked:
        get(measure.cold(address))
    return len(asked)


def compare_pages(get: Callable[..., bytes], few: Any, many: Any, rounds: int) -> list[str]:
    """Prints how long each page takes with few and with many; gives those whose queries grow."""
    missed = []
    for (name, small), large in zip(pages(few).items(), pages(many).values(), strict=True):
        counted = queries(get, small), queries(get, large)
        cases = {
            "{} comments, {} opinions".format(*size): (
                lambda _, address=address: get(measure.cold(address))
            )
            for size, address in ((FEW, small), (MANY, large))
        }
        title = f"{name} (queries: {counted[0]} and {counted[1]})"
        measure.compare(title, cases, range(3), rounds)
        if counted[0] < counted[1]:
            missed.append(f"queries of {name}")
    return missed


def compare_board(get: Callable[..., bytes], title: str, rounds: int) -> int:
    """Prints how long the public board takes against a bare page; gives its queries."""
    counted = queries(get, "/consultations/board/")
    cases: Mapping[str, Callable[[Any], bytes]] = {
        "bare page": lambda _: get(measure.cold(BARE)),
        "board": lambda _: get(measure.cold("/consultations/board/")),
    }
    measure.compare(f"The board, {title} (queries: {counted})", cases, range(5), rounds)
    return counted


def main() -> int:
    """Print the figures; 1 if a page asks more queries where there is more to show."""
    options = measure.options(__doc__, rounds=5)
    os.environ["REQUIRE_SECOND_FACTOR"] = "false"
    if DATABASE:
        from tests.slow.server import empty_database

        empty_database(DATABASE)
    measure.empty_site(measure.fresh_folder(options.folder / "answers"), DATABASE)
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.test import Client

    from tests import factories

    team = factories.team()
    citizens = crowd.Crowd(2026).comments(MANY[0])
    texts = [comment.text for comment in citizens]
    officer = Client()
    officer.force_login(team.drafter)
    cookie = f"{settings.SESSION_COOKIE_NAME}={officer.cookies[settings.SESSION_COOKIE_NAME].value}"
    ask = measure.browser(get_wsgi_application())

    def get(address: str) -> bytes:
        own = {"HTTP_COOKIE": cookie} if address.startswith("/admin/") else {}
        found: bytes = ask(address, **own)
        return found

    print(f"answers: {measure.machine()}")
    few = answered(team, FEW, texts)
    before = compare_board(get, "{} comments".format(*FEW), options.rounds)
    many = answered(team, MANY, texts)
    after = compare_board(get, "{} comments more".format(*MANY), options.rounds)
    missed = ["queries of the board"] if after > before else []
    missed += compare_pages(get, few, many, options.rounds)
    print(f"\n{measure.machine()}")
    if missed:
        print("missed:", ", ".join(missed))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
