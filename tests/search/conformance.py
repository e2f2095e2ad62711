"""What every engine must do. A module that imports all of this and defines `engine` runs it."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import planner
from search.documents import FACETS, Interval, SearchDocument
from search.engine import Engine, Filters, Hits, NoIndex, Plan
from tests.search.documents import DAY, LIBRARY, make


@pytest.fixture
def library(engine: Engine) -> Engine:
    engine.rebuild(LIBRARY)
    return engine


def ask(engine: Engine, query: str = "", *, day: int = DAY, **more: Any) -> Hits:
    """A search; what is no argument of it is a facet's filter."""
    arguments = {"sort", "page", "size", "facets"}
    filters = Filters({name: value for name, value in more.items() if name not in arguments})
    options = {name: value for name, value in more.items() if name in arguments}
    return engine.search(planner.plan(query, day=day), filters, day=day, **options)


def names(hits: Hits) -> list[str]:
    return [hit.key.removeprefix("policy:") for hit in hits.items]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("道路交通安全法", "traffic"),
        ("中华人民共和国道路交通安全法", "traffic"),
        ("道交法", "traffic"),
        ("道路交痛安全法", "traffic"),
        ("道路交通全法", "traffic"),
        ("路交通安", "traffic"),
        ("饮酒后驾驶机动车的，处暂扣", "traffic"),
        ("酒驾怎么处罚", "traffic"),
        ("主席令81", "traffic"),
        ("个保法", "privacy"),
        ("個人信息保護法", "privacy"),
        ("个人 信息", "privacy"),
        ("民诉法", "civil"),
        ("公积金可以提取吗", "fund"),
        ("国发(2022)14", "plan"),
        ("personal information", "privacy"),
        ("protecting data", "privacy"),
        ("Datenschutzgesetze", "privacy"),
        ("法", "civil"),
    ],
)
def test_a_query_finds_what_it_means(library: Engine, query: str, first: str) -> None:
    found = names(ask(library, query))
    if query == "法":
        assert set(found) == {"traffic", "privacy", "civil"}
    else:
        assert found[0] == first


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"个人信息"', {"privacy"}),
        ("“个人信息处理”", {"privacy"}),
        ("个人信息 NOT 保护", set()),
        ("管理条例 -拆迁", {"fund"}),
        ('管理条例 -"房屋拆迁"', {"fund"}),
        ("住房公积金 OR 民事诉讼", {"fund", "civil"}),
        ("住房公积金 AND 民事诉讼", set()),
        ('"职工" AND "存储余额"', {"fund"}),
        ("-法", {"fund", "plan", "old"}),
        ("龘龘龘龘", set()),
        ("？！", set()),
        ("😀", set()),
        ("NOT （", set()),
        ("住房公积金 NOT ！", {"fund"}),
        ("住房公积金 OR （", {"fund"}),
        ('住房公积金 "…"', {"fund"}),
        ("住房公积金 - （", {"fund"}),
    ],
)
def test_quotes_and_operators_are_honoured(library: Engine, query: str, expected: set[str]) -> None:
    hits = ask(library, query)
    assert set(names(hits)) == expected
    assert hits.total == len(expected)


def test_an_empty_query_finds_everything_newest_first(library: Engine) -> None:
    hits = ask(library)
    assert names(hits) == ["civil", "plan", "privacy", "traffic", "fund", "old"]
    assert hits.total == len(LIBRARY)


def test_what_is_repealed_ranks_lower_but_stays(engine: Engine) -> None:
    gone = (Interval(0, DAY, "in_force"), Interval(DAY, None, "repealed"))
    engine.rebuild([make("old", "养犬管理条例", intervals=gone), make("new", "养犬管理条例")])
    assert names(ask(engine, "养犬管理条例")) == ["new", "old"]


def test_results_sort_by_date_of_issue_and_of_effect(engine: Engine) -> None:
    engine.rebuild(make(str(n), "供水条例", issued=DAY - n, effective=DAY + n) for n in range(5))
    assert names(ask(engine, "供水", sort="newest")) == ["0", "1", "2", "3", "4"]
    assert names(ask(engine, "供水", sort="effective")) == ["4", "3", "2", "1", "0"]


def test_values_of_a_facet_are_alternatives_and_facets_all_hold(library: Engine) -> None:
    assert set(names(ask(library, kind=("law", "notice")))) == {
        "traffic",
        "privacy",
        "civil",
        "plan",
    }
    assert set(names(ask(library, kind=("law", "notice"), subject=("digital",)))) == {
        "privacy",
        "plan",
    }


def test_types_and_dates_filter_inclusively(engine: Engine) -> None:
    engine.rebuild(
        [
            make("a", "甲办法", issued=DAY),
            make("b", "乙办法", issued=DAY + 1),
            make("c", "丙办法", issued=DAY + 2),
            make("d", "丁办法", issued=None, effective=None),
            make("e", "解读", issued=DAY, type="interpretation"),
        ]
    )

    def filtered(**filters: object) -> set[str]:
        chosen = Filters(**filters)  # type: ignore[arg-type]
        return set(names(engine.search(Plan(None), chosen, day=DAY)))

    assert filtered(issued_from=DAY, issued_to=DAY + 1) == {"a", "b", "e"}
    assert filtered(issued_from=DAY + 1) == {"b", "c"}
    assert filtered(issued_to=DAY) == {"a", "e"}
    assert filtered(types=("interpretation",)) == {"e"}
    assert filtered(types=("policy", "interpretation")) == {"a", "b", "c", "d", "e"}


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (date(2001, 10, 31), "not_yet"),
        (date(2001, 11, 1), "in_force"),
        (date(2011, 1, 20), "in_force"),
        (date(2011, 1, 21), "repealed"),
        (date(2026, 1, 1), "repealed"),
    ],
)
def test_validity_follows_the_day_of_the_query(library: Engine, day: date, status: str) -> None:
    ordinal = day.toordinal()
    hits = ask(library, "房屋拆迁", day=ordinal, validity=(status,), facets=("validity",))
    assert names(hits) == ["old"]
    assert hits.facets["validity"][status] == 1


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    query=st.sampled_from(["", "法", "条例", "管理条例", "个人信息", "国务院"]),
    chosen=st.dictionaries(
        st.sampled_from(["issuer", "kind", "subject", "validity"]),
        st.sampled_from([("NPC",), ("SC", "DRC"), ("law",), ("digital", "housing"), ("in_force",)]),
        max_size=3,
    ),
)
def test_every_count_is_what_a_click_shows(
    library: Engine, query: str, chosen: dict[str, Any]
) -> None:
    hits = ask(library, query, facets=FACETS, **chosen)
    assert list(hits.facets) == list(FACETS)
    for facet, counts in hits.facets.items():
        for value, count in counts.items():
            assert count > 0
            assert ask(library, query, **{**chosen, facet: (value,)}).total == count


def test_pages_follow_one_another_without_gap_or_repetition(engine: Engine) -> None:
    engine.rebuild(make(str(n), "同名办法") for n in range(95))
    for sort in ("relevance", "newest"):
        pages = [names(ask(engine, "同名办法", page=n, size=10, sort=sort)) for n in range(1, 12)]
        assert [len(page) for page in pages] == [10] * 9 + [5, 0]
        assert len({key for page in pages for key in page}) == 95
    assert ask(engine, "同名办法", page=1_000_000).total == 95


def test_equal_hits_keep_their_order_when_others_are_written_again(engine: Engine) -> None:
    documents = [make(str(n), "同名办法") for n in range(30)]
    engine.rebuild(documents)
    before = names(ask(engine, "同名办法", size=30))
    engine.write(documents[5:9])
    assert names(ask(engine, "同名办法", size=30)) == before


def test_a_write_is_visible_on_return_and_replaces_the_older_one(library: Engine) -> None:
    library.write([make("privacy", "数据出境安全评估办法", version=2)])
    assert names(ask(library, "数据出境"))[0] == "privacy"
    assert names(ask(library, '"个人信息"')) == []
    assert library.keys_with_versions()["policy:privacy"] == 2
    assert ask(library).total == len(LIBRARY)


def test_a_deleted_document_is_gone_and_deleting_twice_is_harmless(library: Engine) -> None:
    for _ in range(2):
        library.write([], ["policy:civil", "policy:never"])
        assert "policy:civil" not in library.keys_with_versions()
        assert ask(library, '"民事诉讼"').total == 0


def test_a_rebuild_holds_exactly_what_it_was_given(library: Engine) -> None:
    assert library.rebuild([LIBRARY[0]]) == 1
    assert library.keys_with_versions() == {"policy:traffic": 1}
    assert library.rebuild([]) == 0
    assert ask(library, facets=FACETS).total == 0


def test_searches_and_writes_go_on_during_a_rebuild(library: Engine) -> None:
    def documents() -> Iterator[SearchDocument]:
        yield LIBRARY[0]
        assert ask(library).total == len(LIBRARY)
        library.write([make("late", "迟到的办法")], ["policy:traffic"])
        assert names(ask(library, "迟到的办法"))[0] == "late"
        yield LIBRARY[1]

    library.rebuild(documents())
    assert set(library.keys_with_versions()) == {"policy:late", "policy:privacy"}


def test_a_rebuild_that_fails_leaves_the_old_index(library: Engine) -> None:
    def documents() -> Iterable[SearchDocument]:
        yield LIBRARY[0]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        library.rebuild(documents())
    assert ask(library).total == len(LIBRARY)
    library.write([make("after", "之后的办法")])
    assert ask(library).total == len(LIBRARY) + 1


def test_the_generation_changes_with_every_write_and_rebuild(library: Engine) -> None:
    seen = {library.generation()}
    library.write([make("more", "又一办法")])
    seen.add(library.generation())
    library.rebuild(LIBRARY)
    seen.add(library.generation())
    assert len(seen) == 3
    assert library.generation() in seen


def test_a_hit_brings_back_what_is_shown(library: Engine) -> None:
    hit = ask(library, "道路交通安全法").items[0]
    assert hit.stored.titles["zh-hans"] == "中华人民共和国道路交通安全法"
    assert hit.stored.aliases == ("道交法",)
    assert hit.stored.numbers == ("中华人民共和国主席令第81号",)
    assert hit.text == LIBRARY[0].body


def test_without_an_index_a_search_and_a_write_say_so(engine: Engine) -> None:
    for act in (engine.check, engine.keys_with_versions, lambda: engine.write(LIBRARY)):
        with pytest.raises(NoIndex):
            act()
    engine.rebuild([])
    engine.check()


def test_texts_of_any_size_and_script_are_taken(engine: Engine) -> None:
    odd = make("odd", "एक 𠮷野家 😀 \x00", body="长" * 200_000 + " " + "x" * 100_000)
    engine.rebuild([odd])
    assert names(ask(engine, "𠮷野家")) == ["odd"]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    query=st.one_of(
        st.text(max_size=40),
        st.text(
            alphabet='法道路交通 "“”「」-()（）〔〕*?:\\/~^AND OR NOT\x00\u200b\ud800', max_size=60
        ),
        st.text(min_size=300, max_size=10_000),
        st.sampled_from(
            ["法", "AND", "NOT", "-", '"', '""', "a" * 10_000, "道路" * 5_000, "( OR )"]
        ),
    )
)
def test_any_query_is_answered(library: Engine, query: str) -> None:
    hits = ask(library, query, facets=FACETS)
    assert 0 <= hits.total <= len(LIBRARY)
