import pytest

from legaltext.order import breaks, unbroken
from legaltext.parser import parse


def articles(*numbers: str) -> str:
    return "\n".join(f"第{number}条 甲。" for number in numbers)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "没有条文。",
        articles("一", "二", "三"),
        articles("一", "二", "二").replace("第二条 甲。\n第二条", "第二条 甲。\n第二条之一"),
        articles("一") + "\n第二章 停放\n" + articles("二"),
        articles("一", "二") + "\n附件：\n停放标准\n" + articles("一", "二"),
    ],
    ids=["empty", "no articles", "plain", "inserted", "across chapters", "an annex for itself"],
)
def test_articles_in_order_have_no_break(text: str) -> None:
    assert unbroken(parse(text))


@pytest.mark.parametrize(
    ("text", "anchor", "reason"),
    [
        (articles("一", "三"), "art-3", "jumps from 1 to 3"),
        (articles("四十", "四十一"), "art-40", "starts at 40"),
        (articles("一", "一", "二"), "art-1-dup2", "repeats 1"),
        (articles("一", "二", "一"), "art-1-dup2", "goes back from 2 to 1"),
        (articles("一") + "\n附件：\n标准\n" + articles("一", "三"), "annex-1-art-3", "jumps"),
    ],
)
def test_a_break_names_its_article_and_the_reason(text: str, anchor: str, reason: str) -> None:
    found = breaks(parse(text))
    assert not unbroken(parse(text))
    assert found[-1].anchor == anchor
    assert found[-1].reason.startswith(reason)
