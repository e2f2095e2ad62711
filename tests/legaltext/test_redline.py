import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legaltext.numerals import to_chinese
from legaltext.parser import parse
from legaltext.redline import ClauseChange, redline, segments_between

PARKING = "共享单车应当停放在划定的点位内，不得占用盲道和消防通道。"
FEES = "运营企业按照投放数量缴纳城市道路占用费，费率由市人民政府确定。"
REPORTS = "运营企业每季度向区城市管理部门报送车辆周转和投诉处理情况。"
EFFECT = "本办法自2024年5月1日起施行。"


def law(*clauses: str) -> str:
    return "\n".join(f"第{to_chinese(n)}条 {text}" for n, text in enumerate(clauses, 1))


def changes(old: str, new: str) -> list[ClauseChange]:
    return redline(parse(old), parse(new))


def summary(found: list[ClauseChange]) -> list[tuple[str, str | None, str | None]]:
    return [(change.kind, change.old_anchor, change.new_anchor) for change in found]


def test_an_unchanged_law_has_only_same_clauses() -> None:
    text = law(PARKING, FEES, EFFECT)
    assert {change.kind for change in changes(text, text)} == {"same"}


def test_a_changed_clause_shows_what_went_and_what_came() -> None:
    found = changes(law(PARKING, EFFECT), law(PARKING.replace("盲道和", "盲道、绿地和"), EFFECT))
    assert summary(found) == [("changed", "art-1", "art-1"), ("same", "art-2", "art-2")]
    assert ("insert", "、绿地") in found[0].segments
    assert not any(segment.op == "delete" for segment in found[0].segments)


def test_a_clause_put_in_between_renumbers_the_rest_without_changing_it() -> None:
    found = changes(law(PARKING, EFFECT), law(PARKING, FEES, EFFECT))
    assert summary(found) == [
        ("same", "art-1", "art-1"),
        ("added", None, "art-2"),
        ("same", "art-2", "art-3"),
    ]
    assert found[2].renumbered
    assert (found[2].old_label, found[2].new_label) == ("第二条", "第三条")
    assert not found[0].renumbered


def test_a_removed_clause_stands_where_it_stood() -> None:
    found = changes(law(PARKING, FEES, EFFECT), law(PARKING, EFFECT))
    assert summary(found)[1] == ("removed", "art-2", None)
    assert found[1].segments == (("delete", FEES),)


def test_a_clause_at_another_place_is_moved() -> None:
    found = changes(law(PARKING, FEES, REPORTS, EFFECT), law(FEES, REPORTS, PARKING, EFFECT))
    assert ("moved", "art-1", "art-3") in summary(found)
    assert [change.kind for change in found].count("same") == 3


def test_a_rewritten_clause_is_one_removed_and_one_added() -> None:
    found = changes(law(PARKING, EFFECT), law("市民可以向平台投诉。", EFFECT))
    assert sorted(change.kind for change in found) == ["added", "removed", "same"]


def test_headings_points_and_annexes_are_clauses_too() -> None:
    found = changes(
        "第一章 总则\n第一条 甲应当停放。\n附件：\n清单\n一、点位",
        "第一章 总则\n第一条 甲应当停放。\n附件：\n清单\n一、点位\n二、间距不小于五十米。",
    )
    assert summary(found)[-1] == ("added", None, "annex-1-pt-2")
    assert [change.kind for change in found[:-1]] == ["same"] * (len(found) - 1)


def test_slivers_between_two_changes_are_not_kept() -> None:
    segments = segments_between("甲乙的丙丁应当登记。", "戊己的庚辛应当登记。")
    assert segments == (
        ("delete", "甲乙的丙丁"),
        ("insert", "戊己的庚辛"),
        ("equal", "应当登记。"),
    )


@pytest.mark.parametrize(("old", "new"), [("", ""), ("", "甲"), ("甲", "")])
def test_empty_sides_make_no_empty_segments(old: str, new: str) -> None:
    assert all(segment.text for segment in segments_between(old, new))


@settings(deadline=None)
@given(st.text("甲乙丙的。\n", max_size=60), st.text("甲乙丙的。\n", max_size=60))
def test_segments_rebuild_both_versions(old: str, new: str) -> None:
    segments = segments_between(old, new)
    assert "".join(s.text for s in segments if s.op != "insert") == old
    assert "".join(s.text for s in segments if s.op != "delete") == new


CLAUSES = st.lists(
    st.sampled_from([PARKING, FEES, REPORTS, EFFECT, PARKING[:20], FEES + REPORTS]), max_size=8
)


@settings(deadline=None)
@given(CLAUSES, CLAUSES)
def test_every_clause_of_both_versions_appears_exactly_once(old: list[str], new: list[str]) -> None:
    before, after = parse(law(*old)), parse(law(*new))
    found = redline(before, after)
    olds = [change.old_anchor for change in found if change.old_anchor]
    news = [change.new_anchor for change in found if change.new_anchor]
    assert sorted(olds) == sorted(node.anchor for node in before.articles())
    assert news == [node.anchor for node in after.articles()]


def test_five_hundred_changed_articles_take_seconds() -> None:
    def version(word: str) -> str:
        return law(*(f"{word}{to_chinese(n * 7919)}号。{PARKING}{FEES}{n}" for n in range(500)))

    start = time.process_time()
    found = changes(version("旧办法"), version("新规定"))
    assert len(found) == 500
    assert time.process_time() - start < 10
