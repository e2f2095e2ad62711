from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import planner
from search.documents import registry
from search.engine import Filters
from search.suggest import Suggestion, did_you_mean, suggest
from search.tantivy_engine import TantivyEngine
from tests.search.documents import DAY, LIBRARY, make

pytestmark = pytest.mark.django_db

LABELS = {
    "NPC": "全国人民代表大会",
    "SC": "国务院",
    "DRC": "国家发展和改革委员会",
    "digital": "数字政府",
}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TantivyEngine]:
    for facet in ("issuer", "subject"):
        monkeypatch.setitem(
            registry.labels, facet, lambda values, _: {v: LABELS.get(v, v) for v in values}
        )
    made = TantivyEngine(tmp_path / "search")
    made.rebuild(LIBRARY)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("typed", "text", "kind"),
    [
        ("道路", "中华人民共和国道路交通安全法", "title"),
        ("道路交", "中华人民共和国道路交通安全法", "title"),
        ("公", "住房公积金管理条例", "title"),
        ("公積", "住房公积金管理条例", "title"),
        ("个保", "中华人民共和国个人信息保护法", "title"),
        ("道交法", "道交法", "alias"),
        ("国发〔2022", "国发〔2022〕14号", "number"),
        ("国发[2022]1", "国发〔2022〕14号", "number"),
        ("国务院令3", "国务院令第350号", "number"),
        ("国家发展", "国家发展和改革委员会", "issuer"),
        ("数字政", "数字政府", "subject"),
    ],
)
def test_the_beginning_of_a_query_is_completed(
    engine: TantivyEngine, typed: str, text: str, kind: str
) -> None:
    found = [(suggestion.text, suggestion.type) for suggestion in suggest(engine, typed, day=DAY)]
    assert (text, kind) in found


@pytest.mark.parametrize("typed", ["pers", "personal inf", "Personal Informat"])
def test_titles_are_suggested_in_the_language_of_the_page(
    engine: TantivyEngine, typed: str
) -> None:
    (found,) = suggest(engine, typed, day=DAY, language="en")
    assert found.text == "Personal Information Protection Law"
    assert found.key == "policy:privacy"


@pytest.mark.parametrize("typed", ["道", "国务院", "法", "国", "数字", "民事诉讼", "管理条例"])
def test_every_suggestion_leads_to_hits(engine: TantivyEngine, typed: str) -> None:
    found = suggest(engine, typed, day=DAY)
    assert found
    for suggestion in found:
        assert _hits(engine, suggestion) > 0


def _hits(engine: TantivyEngine, suggestion: Suggestion) -> int:
    if suggestion.facet:
        name, value = suggestion.facet
        return engine.search(planner.plan("", day=DAY), Filters({name: (value,)}), day=DAY).total
    return engine.search(planner.plan(suggestion.text, day=DAY), Filters(), day=DAY).total


def test_what_is_not_suggestable_is_not_suggested(engine: TantivyEngine) -> None:
    engine.write([make("hidden", "道路隐藏办法", suggestable=False)])
    assert "道路隐藏办法" not in [s.text for s in suggest(engine, "道路", day=DAY)]


def test_a_new_title_is_suggested_at_once(engine: TantivyEngine) -> None:
    assert not suggest(engine, "低空经济", day=DAY)
    engine.write([make("new", "低空经济促进办法")])
    assert [s.text for s in suggest(engine, "低空经济", day=DAY)] == ["低空经济促进办法"]


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("道路交通安去法", "道路交通安全法"),
        ("道路交痛安全法", "道路交通安全法"),
        ("个人信息保护发", "个人信息保护法"),
        ("個人信息寶護法", "个人信息保护法"),
        ("道教法", "道交法"),
        ("住房公基金管理条例", "住房公积金管理条例"),
        ("国务愿", "国务院"),
        ("道路交通安全法", None),
        ("道路交通", None),
        ("海洋环境", None),
        ("酒驾怎么处罚", None),
        ("data", None),
        ("", None),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant(
    engine: TantivyEngine, query: str, meant: str | None
) -> None:
    assert did_you_mean(engine, query, day=DAY) == meant


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    typed=st.one_of(
        st.text(max_size=80),
        st.text(alphabet='道路交通法国发〔2〕1"-(.*\\|[ \x00\ud800', max_size=20),
    ),
    language=st.sampled_from(["zh-hans", "en", "ja", "ar"]),
)
def test_anything_may_be_typed(engine: TantivyEngine, typed: str, language: str) -> None:
    suggest(engine, typed, day=DAY, language=language)
    did_you_mean(engine, typed, day=DAY)
