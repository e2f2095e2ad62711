"""A few documents to search in, and the ways to make more."""

from datetime import date
from typing import Any

from search.documents import Interval, SearchDocument

DAY = date(2026, 6, 1).toordinal()


def make(key: str, title: str, **facts: Any) -> SearchDocument:
    """A policy in force since 2020, unless told otherwise."""
    start = date(2020, 1, 1).toordinal()
    defaults: dict[str, Any] = {
        "type": "policy",
        "version": 1,
        "titles": {"zh-hans": title, **facts.pop("names", {})},
        "body": "",
        "intervals": (Interval(start, None, "in_force"),),
        "issued": start,
        "effective": start,
    }
    return SearchDocument(key=f"policy:{key}", **(defaults | facts))


LIBRARY = (
    make(
        "traffic",
        "中华人民共和国道路交通安全法",
        body="第一条 为了维护道路交通秩序。\n第九十一条 饮酒后驾驶机动车的，处暂扣机动车驾驶证。",
        aliases=("道交法",),
        numbers=("中华人民共和国主席令第81号",),
        facets={"issuer": ("NPC",), "kind": ("law",), "subject": ("traffic",)},
        issued=date(2021, 4, 29).toordinal(),
    ),
    make(
        "privacy",
        "中华人民共和国个人信息保护法",
        body="第一条 为了保护个人信息权益，规范个人信息处理活动。",
        facets={"issuer": ("NPC",), "kind": ("law",), "subject": ("digital",)},
        issued=date(2021, 8, 20).toordinal(),
        names={"en": "Personal Information Protection Law", "de": "Datenschutzgesetz"},
        summaries={"en": "How personal data is handled and protected."},
    ),
    make(
        "civil",
        "中华人民共和国民事诉讼法",
        body="第一条 中华人民共和国民事诉讼法以宪法为根据。",
        facets={"issuer": ("NPC",), "kind": ("law",)},
        issued=date(2023, 9, 1).toordinal(),
    ),
    make(
        "fund",
        "住房公积金管理条例",
        body="第二十四条 职工有下列情形之一的，可以提取职工住房公积金账户内的存储余额。",
        numbers=("国务院令第350号",),
        facets={"issuer": ("SC",), "kind": ("regulation",), "subject": ("housing",)},
        issued=date(2002, 3, 24).toordinal(),
    ),
    make(
        "plan",
        "国务院关于印发数字政府建设规划的通知",
        body="各省、自治区、直辖市人民政府：现将规划印发给你们。",
        numbers=("国发〔2022〕14号",),
        facets={"issuer": ("SC", "DRC"), "kind": ("notice",), "subject": ("digital",)},
        issued=date(2022, 6, 6).toordinal(),
    ),
    make(
        "old",
        "城市房屋拆迁管理条例",
        body="第一条 为了加强对城市房屋拆迁的管理。",
        facets={"issuer": ("SC",), "kind": ("regulation",), "subject": ("housing",)},
        issued=date(2001, 6, 13).toordinal(),
        intervals=(
            Interval(0, date(2001, 11, 1).toordinal(), "not_yet"),
            Interval(date(2001, 11, 1).toordinal(), date(2011, 1, 21).toordinal(), "in_force"),
            Interval(date(2011, 1, 21).toordinal(), None, "repealed"),
        ),
    ),
)
