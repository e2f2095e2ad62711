"""The rules of answers as tables: weight, reasons, and what a final text changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations import rules
from consultations.enums import Disposition
from consultations.rules import DEFAULT_CONCENTRATION, Concentration, TextChanges

NOBODY_OR_MORE = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("people", "total", "concentrated"),
    [
        (0, 0, False),
        (0, 100, False),
        (9, 1000, False),
        (10, 1000, True),
        (4, 100, False),
        (5, 100, True),
        (4, 80, True),
        (4, 81, False),
        (1, 20, True),
        (1, 21, False),
        (1, 1, True),
    ],
)
def test_ten_people_or_five_percent_are_concentrated(people, total, concentrated):
    assert DEFAULT_CONCENTRATION.holds(people, total) is concentrated


@given(NOBODY_OR_MORE, NOBODY_OR_MORE, st.integers(1, 50), st.integers(1, 100))
def test_one_more_who_asks_for_it_never_makes_it_less_concentrated(people, others, least, percent):
    rule = Concentration(least, percent)
    if rule.holds(people, people + others):
        assert rule.holds(people + 1, people + 1 + others)


@pytest.mark.parametrize(
    ("disposition", "reason_if_concentrated", "clause"),
    [
        (Disposition.ADOPTED, False, True),
        (Disposition.PARTLY_ADOPTED, True, True),
        (Disposition.NOT_ADOPTED, True, False),
        (Disposition.ALREADY_COVERED, False, False),
        (Disposition.OUT_OF_SCOPE, False, False),
    ],
)
def test_what_a_decision_has_to_give(disposition, reason_if_concentrated, clause):
    assert rules.needs_reason(disposition, concentrated=True) is reason_if_concentrated
    assert not rules.needs_reason(disposition, concentrated=False)
    assert rules.needs_clause(disposition) is clause


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        ("", False),
        ("由", True),
        ("由" * 19, True),
        ("由" * 20, False),
        ("由 " * 19, True),
        ("　由\n" * 20, False),
    ],
)
def test_fewer_than_twenty_characters_are_a_short_reason(reason, short):
    assert rules.is_short(reason) is short


def test_a_reason_under_more_than_three_opinions_is_worn_whatever_marks_it_has():
    three = {1: "上位法已有规定。", 2: "上位法 已有规定。", 3: "上位法已有规定。", 8: "", 9: ""}
    assert rules.worn_reasons(three) == set()
    four = three | {4: "上位法\n已有规定。", 5: "另一个理由。", 10: "", 11: ""}
    assert rules.worn_reasons(four) == {1, 2, 3, 4}
    stops = {
        1: "上位法，已有规定",
        2: "上位法已有规定。",
        3: "上位法已有规定！",
        4: "（上位法）,已有规定",
    }
    assert rules.worn_reasons(stops) == {1, 2, 3, 4}
    assert rules.worn_reasons(dict.fromkeys(stops, "。")) == set()
    numbers = {key: f"处{key}元。" for key in stops}
    assert rules.worn_reasons(numbers) == set()


@pytest.mark.parametrize(
    ("reason", "unadapted"),
    [
        ("上位法〔名称〕第〔条〕条已有规定。", True),
        ("上位法已有规定，不再重复。", True),
        ("上位法 已有规定，不再重复。", True),
        ("上位法已有规定，不再重复", True),
        ("上位法已有规定,不再重复。。", True),
        ("上位法（〔2020〕4号）已有规定，不再重复。", False),
        ("〔", True),
        ("。", False),
        ("《民法典》第二百八十一条已有规定，不再重复。", False),
        ("", False),
    ],
)
def test_a_phrase_is_adapted_before_it_is_a_reason(reason, unadapted):
    assert rules.is_unadapted(reason, ["上位法已有规定，不再重复。", ""]) is unadapted


def test_the_digest_is_of_what_is_said_and_not_of_the_order_of_its_fields():
    said = {"words": "说明", "answers": [{"comment": 1, "number": 2}]}
    assert rules.digest(said) == rules.digest(dict(reversed(said.items())))
    assert rules.digest(said) != rules.digest(said | {"words": "说 明"})
    assert rules.digest([1, 2]) != rules.digest([2, 1])


@pytest.mark.parametrize(("number", "code"), [(1, "YJ-001"), (14, "YJ-014"), (1204, "YJ-1204")])
def test_an_opinion_is_cited_by_its_number(number, code):
    assert rules.opinion_code(number) == code


# --- the final text against the draft -------------------------------------------------------------

DRAFT = """第一条 为了规范停放，制定本办法。
第二条 禁止在楼道停放。
禁止在电梯内停放。
第三条 充电应当在集中场所进行。
第四条 违反本办法的，处五十元罚款。
第五条 本办法自印发之日起施行。
"""
FINAL = """第一条 为了规范停放，制定本办法。
第二条 禁止在楼道、门厅停放。
禁止在电梯内停放。
第三条 住宅小区应当设置集中充电场所。
第四条 充电应当在集中场所进行。
第五条 本办法自印发之日起施行。
"""


@pytest.fixture(scope="module")
def changes():
    return TextChanges(DRAFT, FINAL)


def test_a_clause_that_only_got_another_number_has_not_changed(changes):
    assert changes.changed == ["art-2", "art-3"]
    assert changes.removed == ["art-4"]


@pytest.mark.parametrize(
    ("anchor", "exists", "differs"),
    [
        ("art-1", True, False),
        ("art-2", True, True),
        ("art-2-p1", True, True),
        ("art-2-p2", True, False),
        ("art-3", True, True),
        ("art-4", True, False),
        ("art-6", False, False),
        ("", False, False),
        ("nonsense", False, False),
    ],
)
def test_what_an_opinion_may_cite_is_there_and_reads_differently(changes, anchor, exists, differs):
    assert (changes.exists(anchor), changes.differs(anchor)) == (exists, differs)


def test_what_no_opinion_explains_is_left_over(changes):
    def left(changed, removed):
        found = changes.unexplained(changed, removed)
        return [change.new_anchor or change.old_anchor for change in found]

    assert left([], []) == ["art-2", "art-3", "art-4"]
    assert left(["art-2-p1"], []) == ["art-3", "art-4"]
    assert left(["art-2", "art-3"], ["art-4"]) == []
    assert left(["art-4"], ["art-3"]) == ["art-2", "art-3", "art-4"]


def test_clauses_are_named_as_they_are_cited(changes):
    assert changes.label("art-2") == "第二条"
    assert changes.removed_label("art-4") == "第四条"


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("禁止停放，充电。", "禁止停放， 充电。", False),
        ("禁止停放，充电。", "禁止停放,充电。", False),
        ("禁止停放，充电。", "禁止停放，　充\u200b电。", False),
        ("处50元罚款。", "处５０元罚款。", False),
        ("处50元罚款。", "处 50 元罚款。", False),
        ("禁止停放，充电。", "禁止停放、充电。", True),
        ("禁止停放，充电。", "禁止停放充电。", True),
        ("禁止停放，充电。", "禁止停放；充电。", True),
        ("禁止停放，充电。", "禁止停放，不充电。", True),
        ("处50元罚款。", "处60元罚款。", True),
    ],
)
@pytest.mark.parametrize("more", ["", "\n本条由公安机关执行。", "\n禁止在楼道充电,停放。"])
def test_blanks_and_widths_change_no_clause_and_words_numbers_and_marks_do(old, new, more, differs):
    draft = f"第一条 为了规范，制定本办法。\n第二条 在楼道{old}\n第三条 本办法自印发之日起施行。\n"
    final = draft.replace(old, new)
    text = TextChanges(draft.replace(old, old + more), final.replace(new, new + more))
    assert text.changed == (["art-2"] if differs else [])
    assert bool(text.unexplained([], [])) is differs
    assert text.differs("art-2") is differs
    if more:
        assert text.differs("art-2-p1") is differs
        assert not text.differs("art-2-p2")


def test_a_paragraph_with_another_comma_is_not_changed_by_its_neighbour():
    draft = "第一条 为了规范，制定本办法。\n第二条 禁止停放，充电。\n违者罚五十元。\n"
    final = draft.replace("停放，充电", "停放, 充电").replace("五十", "六十")
    changes = TextChanges(draft, final)
    assert changes.changed == ["art-2"]
    assert [changes.differs(f"art-2-p{n}") for n in (1, 2)] == [False, True]
    assert changes.parts("art-2") == ["art-2-p2"]


@given(st.permutations(DRAFT.splitlines()))
def test_a_text_does_not_differ_from_itself(lines):
    text = "\n".join(lines)
    same = TextChanges(text, text)
    assert (same.changed, same.removed, same.unexplained([], [])) == ([], [], [])
