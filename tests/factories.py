"""Organisations, people with names and roles, and documents that go through the real review.

Everything is made by the services that the site itself uses. Call these in tests that may use
the database; each call makes something new, so nothing is shared between tests.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from wagtail.models import Collection, Locale, Page, Site

from consultations.enums import Procedure
from consultations.models import (
    Announcement,
    Channel,
    CitedBasis,
    ConsultationAuthority,
    ConsultationPage,
)
from organisations import services as organisations
from organisations.models import Level, Organisation, Role
from policies.enums import Disclosure, InterpretationKind, Kind
from policies.models import InterpretationPage, PolicyIssuer, PolicyNumber, PolicyPage
from vocabularies.models import Subject

PASSWORD = "a long password for tests"
_next = count(1)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"

LAW = """第一章 总则
第一条 为了规范政务公开，保障公民的知情权，制定本办法。
第二条 本市行政区域内的政务公开适用本办法。
第二章 附则
第三条 本办法自发布之日起施行。"""


def ground() -> None:
    """Rebuilds what every site stands on, where a transactional test has flushed it away."""
    Locale.objects.get_or_create(language_code="zh-hans")
    root = Page.get_first_root_node() or Page.add_root(instance=Page(title="Root", slug="root"))
    if not Site.objects.filter(is_default_site=True).exists():
        home = root.add_child(instance=Page(title="首页", slug="home"))
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    if Collection.get_first_root_node() is None:
        Collection.add_root(name="Root")
    organisations.ensure_workflow()


def person(
    username: str = "",
    organisation: Organisation | None = None,
    *roles: str,
    name: str = "",
    **fields: Any,
) -> Any:
    """A person who can log in with PASSWORD, with roles in an organisation."""
    number = next(_next)
    user = get_user_model().objects.create_user(
        username or f"person-{number}",
        email=f"{username or f'person-{number}'}@example.com",
        password=PASSWORD,
        last_name=name or f"{_SURNAMES[number % len(_SURNAMES)]}某{number}",
        **fields,
    )
    for role in roles:
        assert organisation is not None
        organisations.grant(user, organisation, role, now=timezone.now())
    return user


def administrator(username: str = "") -> Any:
    """The city-wide administrator."""
    user = person(username)
    organisations.appoint_administrator(user, now=timezone.now())
    return user


def organisation(code: str = "", *, name: str = "", **fields: Any) -> Organisation:
    """An authority with its page, groups and collection."""
    ground()
    code = code or f"LC-{next(_next)}"
    names = {"zh-hans": name or f"澜川市第{code}局", "en": f"Lanchuan Bureau {code}"}
    values: dict[str, Any] = {"level": Level.CITY, "now": timezone.now()} | fields
    return organisations.establish(code, names=names, **values)


@dataclass
class Team:
    """An authority and the people who work in it, one a role."""

    organisation: Organisation
    drafter: Any
    reviewer: Any
    publisher: Any
    manager: Any

    @property
    def page(self) -> Page:
        return self.organisation.page


def team(code: str = "", **fields: Any) -> Team:
    """An authority in which each role is held by somebody else."""
    authority = organisation(code, **fields)
    people = {role.value: person("", authority, role) for role in Role}
    return Team(authority, **people)


def subject(key: str = "transparency", name: str = "政务公开") -> Subject:
    return Subject.objects.get_or_create(key=key, defaults={"name_zh_hans": name})[0]


def policy(of: Team, title: str = "", *, number: str = "", **fields: Any) -> PolicyPage:
    """A complete draft by the team's drafter, ready to be submitted; ``fields`` override.

    It has no interpretation but says why, and by when one will follow.
    """
    serial = next(_next)
    values: dict[str, Any] = {
        "headline_zh_hans": title or f"澜川市政务公开办法（{serial}）",
        "abstract_zh_hans": "规定公开的范围、方式和时限。",
        "kind": Kind.NOTICE,
        "business_related": False,
        "disclosure": Disclosure.PROACTIVE,
        "adopted_on": datetime.date(2026, 1, 5),
        "issued_on": datetime.date(2026, 1, 8),
        "effective_on": datetime.date(2026, 2, 1),
        "subject": subject(),
        "body": [("text", LAW)],
        "no_interpretation_reason": "解读正在起草。",
        "interpretation_due_on": datetime.date(2026, 12, 31),
        "slug": f"draft-{serial}",
    } | fields
    page = PolicyPage(live=False, owner=of.drafter, title=values["headline_zh_hans"], **values)
    page.issuers = [PolicyIssuer(organisation=of.organisation)]
    page.numbers = [PolicyNumber(text=number or f"澜政办发〔2026〕{serial}号")]
    of.page.add_child(instance=page)
    page.save_revision(user=of.drafter)
    return page


def interpretation(of: Team, policy_page: PolicyPage, **fields: Any) -> InterpretationPage:
    """A complete draft of an interpretation below a policy."""
    serial = next(_next)
    values: dict[str, Any] = {
        "headline_zh_hans": f"一图读懂政务公开办法（{serial}）",
        "kind": InterpretationKind.TEXT,
        "speaker": "政策法规处",
        "signed_on": datetime.date(2026, 1, 8),
        "body": [("text", "<p>办法说了什么。</p>")],
        "slug": f"interpretation-{serial}",
    } | fields
    page = InterpretationPage(
        live=False, owner=of.drafter, title=values["headline_zh_hans"], **values
    )
    policy_page.add_child(instance=page)
    page.save_revision(user=of.drafter)
    return page


def submit(page: Any, by: Any) -> Any:
    """Submits a page's newest draft to its review; gives the workflow's state."""
    draft = page.get_latest_revision_as_object()
    return draft.get_workflow().start(draft, by)


def decide(page: Any, by: Any, action: str = "approve", **kwargs: Any) -> None:
    """Takes the step in which a page is now, as the admin does."""
    fresh = type(page).objects.get(pk=page.pk)
    state = fresh.current_workflow_task_state
    state.task.specific.on_action(state, by, action, **kwargs)


def review(page: Any, of: Team) -> Any:
    """Takes a page's newest draft through draft, legal review and publication; gives it anew."""
    submit(page, of.drafter)
    decide(page, of.reviewer)
    decide(page, of.publisher)
    return type(page).objects.get(pk=page.pk)


def release_policy(of: Team | None = None, **fields: Any) -> Any:
    """A policy that its team has released just now, at the clock's time."""
    of = of or team()
    return review(policy(of, **fields), of)


def correct(page: Any, of: Team, **changes: Any) -> Any:
    """Takes changes of a released policy through the review, with a reason."""
    draft = page.get_latest_revision_as_object()
    for name, value in ({"correction_reason": f"更正 {next(_next)}"} | changes).items():
        setattr(draft, name, value)
    draft.save_revision(user=of.drafter)
    return review(page, of)


DRAFT = """第一章 总则
第一条 为了规范电动自行车停放和充电管理，预防火灾，制定本办法。
第二条 本市行政区域内电动自行车的停放和充电适用本办法。
第二章 停放和充电
第三条 新建住宅小区应当配建停放场所和充电设施。
既有住宅小区由物业服务人设置集中停放场所：
（一）有条件的，设在室外；
（二）没有条件的，设在一层架空层。
第四条 禁止在楼道内停放电动自行车或者为其充电。
第五条 充电服务费实行明码标价。
第六条 本办法自2027年1月1日起施行。"""


def consultation(of: Team, title: str = "", **fields: Any) -> ConsultationPage:
    """A complete draft by the team's drafter, ready to be submitted; ``fields`` override.

    It opens as soon as it is passed, and closes as early as is lawful.
    """
    serial = next(_next)
    values: dict[str, Any] = {
        "headline_zh_hans": title or f"电动自行车停放和充电管理办法（{serial}）（征求意见稿）",
        "procedure": Procedure.NORMATIVE_DOCUMENT,
        "business_related": False,
        "subject": subject(),
        "draft": DRAFT,
        "explanation": "<p>近年来火灾多发，需要规范。</p>",
        "contact_person": "政策法规处",
        "contact_phone": "010-5555 0101",
        "signer": "赵明",
        "signed_on": datetime.date(2026, 1, 4),
        "slug": f"consultation-{serial}",
    } | fields
    page = ConsultationPage(
        live=False, owner=of.drafter, title=values["headline_zh_hans"], **values
    )
    page.authorities = [ConsultationAuthority(organisation=of.organisation, sort_order=0)]
    page.cited_bases = [CitedBasis(text="《中华人民共和国消防法》第三条")]
    page.channels = [
        Channel(kind="post", address="澜川市人民路1号，100000", note="信封注明“征求意见”"),
        Channel(kind="email", address="fagui@lanchuan.example"),
    ]
    of.page.add_child(instance=page)
    page.save_revision(user=of.drafter)
    return page


def announce(of: Team | None = None, **fields: Any) -> Announcement:
    """A consultation that its team has announced just now, at the clock's time."""
    of = of or team()
    announced: Announcement = review(consultation(of, **fields), of).announcement
    return announced


def change(announcement: Announcement, of: Team, kind: str, **changes: Any) -> None:
    """Takes changes of an announced draft through the review, with a reason."""
    draft = announcement.page.get_latest_revision_as_object()
    values = {"change": kind, "change_reason": f"修改 {next(_next)}"} | changes
    for name, value in values.items():
        setattr(draft, name, value)
    draft.save_revision(user=of.drafter)
    review(announcement.page, of)
