"""What many tests read: made and indexed once for a module, and gone after it.

It stands inside a transaction that is rolled back at its end; what a test changes in its own
transaction is gone after the test. A test that changes the index takes a copy of it.
"""

from __future__ import annotations

import datetime
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.test import override_settings
from django.utils import timezone, translation

from policies import services
from policies.enums import Kind
from policies.models import PolicyPage, Release
from policies.transfer.importing import import_links, import_rows
from policies.transfer.rows import Row
from search import services as search
from tests import factories

HOSTILE = "关于<script>alert('一')</script>与“引号”&amp;符号的通知"
HOSTILE_BODY = "第一条 公示<script>alert(1)</script>与<b onclick=x>粗体</b>，& 符号照原样公布。"

_AUTHORITIES = {"LC-PARK": "园林绿化局", "LC-BUS": "交通局", "LC-EDU": "教育局"}
_SUBJECTS = {"parks": "园林绿化", "transport": "交通运输", "education": "教育"}
_AUDIENCES = {"residents": "市民", "companies": "企业", "newcomers": "外来人员"}
_TERRITORIES = {"lanchuan": "澜川市", "hedong": "河东区"}


@dataclass(frozen=True)
class Shelf:
    """What stands there by name, and what must not be seen."""

    documents: dict[str, PolicyPage]
    draft: PolicyPage
    withdrawn: Release

    def number(self, name: str) -> str:
        return str(self.documents[name].release.index_number)


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """What is made inside stays until the end of this context, with its index in a directory."""
    with override_settings(SEARCH_DIR=directory), translation.override("zh-hans"):
        outermost = transaction.atomic()
        outermost.__enter__()
        try:
            yield
        finally:
            search.engine().close()
            transaction.set_rollback(True)
            outermost.__exit__(None, None, None)


@contextmanager
def stocked(directory: Path) -> Iterator[Shelf]:
    """A library with documents of every validity, some translated, one hostile, one hidden."""
    with held(directory):
        shelf = _fill()
        search.rebuild()
        yield shelf


def _fill() -> Shelf:
    factories.ground()
    now = timezone.now()
    rows = [Row(**fields) for fields in (*_named(), *_many())]
    for outcome in import_rows(enumerate(rows, 1), now=now):
        assert not outcome.errors, outcome.errors
    assert not import_links(enumerate(rows, 1), now=now).errors
    team = factories.team("LC-OPEN", name="澜川市政务公开办公室")
    factories.review(
        factories.policy(team, "澜川市政务公开办法", number="澜公开发〔2026〕1号"), team
    )
    draft = factories.policy(team, "澜川市尚未公开的秘密草案", number="澜公开发〔2026〕99号")
    documents = {
        page.import_record.source_id if hasattr(page, "import_record") else "reviewed": page
        for page in PolicyPage.objects.public().select_related("release", "import_record")
    }
    withdrawn = documents.pop("withdrawn").release
    services.withdraw(withdrawn, reason="有误", still_proactive=True, user=team.publisher, now=now)
    return Shelf(documents, draft, withdrawn)


def _term(names: dict[str, str], key: str) -> dict[str, Any]:
    return {"key": key, "name": {"zh-hans": names[key], "en": key.title()}}


def _authority(code: str) -> dict[str, Any]:
    names = {"zh-hans": f"澜川市{_AUTHORITIES[code]}", "en": f"Lanchuan {code}"}
    return {"code": code, "level": "city", "names": [{"name": names}]}


def _row(id_: str, title: str, issuers: tuple[str, ...] = ("LC-PARK",), **fields: Any) -> Any:
    return {
        "id": id_,
        "title": title,
        "body": "第一条 为了城市管理，制定本文件。\n第二条 本文件自公布之日起施行。",
        "owner": _authority(issuers[0]),
        "issuers": [_authority(code) for code in issuers],
        "date": "2024-01-08",
        "effective_on": "2024-02-01",
        "dated": True,
    } | fields


def _named() -> list[dict[str, Any]]:
    return [
        _row(
            "park",
            "澜川市公园管理办法",
            ("LC-PARK", "LC-BUS"),
            index_number="LC-PARK/2024-1",
            numbers=["澜园发〔2024〕12号", "澜川市人民政府令第38号"],
            kind="rules",
            adopted_on="2024-01-05",
            subject=_term(_SUBJECTS, "parks"),
            territory=_term(_TERRITORIES, "lanchuan"),
            audiences=[_term(_AUDIENCES, "residents"), _term(_AUDIENCES, "companies")],
            aliases=[{"text": "公园新规"}, {"text": "Park Code", "language": "en"}],
            titles={"en": "Measures for Parks", "ar": "تدابير الحدائق", "de": "Parkordnung"},
            abstracts={"zh-hans": "规定公园的开放时间。", "en": "Sets the opening hours of parks."},
            ready=["en", "ar"],
            body="第一章 总则\n第一条 为了管理公园，制定本办法。\n第二条 禁止在公园内放生。",
            interpretations=[
                {
                    "titles": {"zh-hans": "一图读懂公园管理办法"},
                    "kind": "picture",
                    "speaker": "政策法规处",
                    "signed_on": "2024-01-09",
                    "body": [["text", "<p>公园几点开放。</p>"]],
                },
            ],
            effects=[
                {"kind": "repeals", "target": "LC-PARK/2019-1", "effective_on": "2024-02-01"},
                {
                    "kind": "partly_repeals",
                    "target": "LC-PARK/2019-2",
                    "provisions": ["第二条"],
                    "effective_on": "2024-02-01",
                },
                {"kind": "suspends", "target": "LC-BUS/2020-1", "effective_on": "2024-02-01"},
            ],
        ),
        _row(
            "park-old",
            "澜川市公园管理暂行规定",
            index_number="LC-PARK/2019-1",
            kind="rules",
            date="2019-03-01",
            effective_on="2019-04-01",
            subject=_term(_SUBJECTS, "parks"),
        ),
        _row(
            "lawns",
            "澜川市草坪养护通知",
            index_number="LC-PARK/2019-2",
            date="2019-05-01",
            effective_on="2019-06-01",
            numbers=["澜园养护〔2019〕第007号"],
        ),
        _row(
            "night-bus",
            "澜川市夜间公交试行通知",
            ("LC-BUS",),
            index_number="LC-BUS/2020-1",
            date="2020-05-01",
            effective_on="2020-06-01",
            numbers=["澜交字[2020]5号"],
        ),
        _row(
            "later",
            "澜川市道路积雪清除办法",
            ("LC-BUS",),
            effective_on="2099-01-01",
            date="2025-06-30",
            kind="rules",
        ),
        _row("over", "澜川市春季绿化方案", expires_on="2024-12-31", kind="notice"),
        _row("hostile", HOSTILE, body=HOSTILE_BODY, kind="notice"),
        _row(
            "vessels",
            "澜川市機動船舶條例",
            ("LC-BUS",),
            kind="local_regulation",
            body="第一条 機動船舶應當登記。",
            numbers=["澜人常〔2023〕三号"],
        ),
        {"id": "bare", "title": "没有日期的旧规定", "body": "第一条 本规定来历不明。"},
        _row("withdrawn", "澜川市已撤回的通知", index_number="LC-EDU/2024-1"),
    ]


def _many() -> Iterator[dict[str, Any]]:
    """Thirty documents whose facets and days are mixed, always in the same way."""
    dice = random.Random(2026)
    kinds = [Kind.NOTICE, Kind.OPINIONS, Kind.RULES, Kind.LAW]
    things = ["校车", "公园", "图书馆", "停车", "绿道"]
    for number, thing in zip(range(30), itertools.cycle(things), strict=False):
        day = datetime.date(2021, 1, 1) + datetime.timedelta(days=dice.randrange(1500))
        codes = dice.sample(list(_AUTHORITIES), dice.choice([1, 1, 2]))
        yield _row(
            f"many-{number}",
            f"澜川市{thing}事项之{number}",
            tuple(codes),
            kind=dice.choice(kinds),
            date=day.isoformat(),
            effective_on=(day + datetime.timedelta(days=dice.randrange(90))).isoformat(),
            subject=_term(_SUBJECTS, dice.choice(list(_SUBJECTS))),
            territory=_term(_TERRITORIES, dice.choice(list(_TERRITORIES))),
            audiences=[_term(_AUDIENCES, key) for key in dice.sample(list(_AUDIENCES), 2)],
            numbers=[f"澜综〔{day.year}〕{number + 1}号"],
        )
