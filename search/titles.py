"""How Chinese official titles are built, and how people shorten them.

个保法 stands for 中华人民共和国个人信息保护法: some of its characters, in their order, nearly
always with the first and the last. So a title carries its ordered pairs of characters as marks,
and a query looks for the marks of its own pairs.
"""

import re
from collections.abc import Iterable
from itertools import combinations, pairwise

from search.analysis import characters

LONGEST_CORE = 16
_COUNTRY = "中华人民共和国"
_STATE = re.compile(
    r"[(（〔](?:试行|暂行|修订|修正|草案|[^()（）〔〕]{0,8}年[^()（）〔〕]{0,8})[)）〕]$"
)
_LAW = re.compile(r"(?<![办方书看用做])法$|法典$|宪法$")
_REGION = re.compile(
    r"^([\u4e00-\u9fff]{2,6}?)(?:省|(?<![城上超都夜门])市|(?:[\u4e00-\u9fff]{1,3}族)?自治[区州县]|特别行政区)"
)
_FORM = re.compile(r"(?:实施)?(?:暂行|试行|若干)?(?:管理)?(?:法典|法|条例|规定|办法|规则|细则)$")
_AIM = re.compile(
    r"(?:权益|监督|安全|质量|污染)?(?:管理|保护|促进|保障|防治|监督|安全|权益|服务|登记|征收|救济)$"
)


def bare(normalised: str) -> str:
    """Only the characters and words of a title, for an exact comparison."""
    return "".join(characters(normalised))


def core(normalised: str) -> str:
    """A title without the country in front and a bracket such as (试行) behind."""
    return bare(_STATE.sub("", normalised.strip())).removeprefix(_COUNTRY)


def exact_forms(normalised: str) -> set[str]:
    """The spellings that count as the title itself."""
    whole = bare(normalised)
    return {form for form in (whole, whole.removeprefix(_COUNTRY), core(normalised)) if form}


def region(normalised: str) -> str:
    """The province or city a title begins with, without 省 or 市; empty if there is none."""
    match = _REGION.match(normalised)
    return match[1] if match else ""


def topics(normalised: str) -> set[str]:
    """What a national title is about: 未成年人保护法 is about 未成年人保护 and 未成年人."""
    short = core(normalised)
    if region(normalised) or len(short) > LONGEST_CORE or "关于" in short or "实施" in short:
        return set()
    subject = _FORM.sub("", short)
    if subject == short:
        return set()
    return {topic for topic in (subject, _AIM.sub("", subject)) if len(topic) > 1}


def marks(normalised: str) -> set[str]:
    """The marks of a title: its pairs, ends and length, its topics, its region and its rank."""
    short = core(normalised)
    place = region(normalised)
    found = {f"topic:{topic}" for topic in topics(normalised)}
    if place:
        found.add(f"region:{place}")
    elif _LAW.search(short):
        found.add("is:law")
    elif short.endswith(("条例", "规定", "办法", "细则")):
        found.add("is:rule")
    if short:
        found |= {f"^{short[0]}", f"{short[-1]}$"}
    if 2 <= len(short) <= LONGEST_CORE:
        found |= {f"{left}>{right}" for left, right in combinations(short, 2)}
        found.add(f"len:{len(short)}")
    return found


def pair_marks(bare_query: str) -> list[str]:
    """The marks of all pairs of neighbours in a query."""
    return list(dict.fromkeys(f"{left}>{right}" for left, right in pairwise(bare_query)))


def is_name(bare_query: str) -> bool:
    """Whether a query ends like the name of a document."""
    return bool(_LAW.search(bare_query)) or bare_query.endswith(
        ("条例", "规定", "办法", "细则", "规则")
    )


def all_exact_forms(titles: Iterable[str]) -> set[str]:
    """The exact forms of several normalised titles."""
    return {form for title in titles for form in exact_forms(title)}
