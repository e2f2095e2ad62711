import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import fold
from search.documents import SearchDocument
from search.engine import Hit
from search.fields import Stored, text_of
from search.highlight import Highlighter, Reason
from tests.search.documents import LIBRARY, make


def hit(document: SearchDocument) -> Hit:
    text = text_of(document)
    return Hit(
        key=document.key,
        score=1.0,
        stored=Stored(document.titles, document.summaries, document.aliases, document.numbers),
        text=text,
        folded=None if fold(text) == text else fold(text),
    )


TRAFFIC, PRIVACY, _, FUND, PLAN, _ = map(hit, LIBRARY)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("驾驶证", "处暂扣机动车<mark>驾驶证</mark>"),
        ("駕駛證", "处暂扣机动车<mark>驾驶证</mark>"),
        ("维护 秩序", "<mark>维护</mark>道路交通<mark>秩序</mark>"),
        ("喝酒开车怎么处罚", "<mark>饮酒后驾驶机动车</mark>"),
    ],
)
def test_the_match_is_marked_in_the_original_text(query: str, shown: str) -> None:
    assert shown in Highlighter(query).snippet(TRAFFIC)


def test_the_original_keeps_its_own_script_and_width() -> None:
    document = hit(make("x", "甲", body="這是１２３號個人信息"))
    assert Highlighter("个人信息").snippet(document) == "這是１２３號<mark>個人信息</mark>"


def test_the_passage_is_where_the_match_is() -> None:
    body = "开头。" + "无关的话。" * 500 + "职工可以提取存储余额。" + "无关的话。" * 500
    snippet = Highlighter("提取存储余额").snippet(hit(make("x", "甲", body=body)))
    assert "<mark>提取存储余额</mark>" in snippet
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert len(snippet) < 200


def test_markup_in_a_text_is_escaped() -> None:
    document = hit(make("x", "甲", body="<script>alert(1)</script>个人<b>信息</b>"))
    assert Highlighter("个人").snippet(document) == (
        "&lt;script&gt;alert(1)&lt;/script&gt;<mark>个人</mark>&lt;b&gt;信息&lt;/b&gt;"
    )


def test_a_foreign_summary_is_quoted_on_its_own_pages() -> None:
    snippet = Highlighter("protecting data", "en").snippet(PRIVACY)
    assert snippet == "How personal <mark>data</mark> is handled and <mark>protected</mark>."


def test_a_title_is_marked_in_its_language() -> None:
    title = Highlighter("informations", "en").title("Personal Information Law", "en")
    assert title == "Personal <mark>Information</mark> Law"


@pytest.mark.parametrize(
    ("document", "query", "reason"),
    [
        (TRAFFIC, "道路交通安全法", None),
        (TRAFFIC, "驾驶证", None),
        (TRAFFIC, "道交法", Reason("alias", "道交法")),
        (TRAFFIC, "主席令81", Reason("number", "中华人民共和国主席令第81号")),
        (PLAN, "国发[2022]14", Reason("number", "国发〔2022〕14号")),
        (PLAN, "国发〔2022〕14号", None),
        (PRIVACY, "個人信息", Reason("script", "个人信息")),
        (PRIVACY, "个保法", Reason("abbreviation", "中华人民共和国个人信息保护法")),
        (TRAFFIC, "酒后开车", Reason("wording", "饮酒后驾驶机动车")),
        (FUND, "功绩金", Reason("similar")),
        (PRIVACY, "personal", None),
    ],
)
def test_a_result_says_why_it_is_there_if_it_does_not_show(
    document: Hit, query: str, reason: Reason | None
) -> None:
    assert Highlighter(query).reason(document) == reason


@given(query=st.text(max_size=60), text=st.text(max_size=400))
def test_a_snippet_holds_no_markup_but_marks(query: str, text: str) -> None:
    document = hit(make("x", text, body=f"{text}{query}{text}"))
    highlighter = Highlighter(query)
    for html in (highlighter.snippet(document), highlighter.title(text)):
        bare = re.sub(r"<mark>[^<>]*</mark>", "", html)
        assert "<" not in bare
        assert ">" not in bare
    highlighter.reason(document)
