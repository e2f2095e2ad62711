import pytest
from hypothesis import given
from hypothesis import strategies as st

from multilingual.languages import CODES, language_tag
from portal import rules


@pytest.mark.parametrize(
    ("path", "code", "expected"),
    [
        ("/", "zh-hans", "/"),
        ("/", "ar", "/ar/"),
        ("/en/", "zh-hans", "/"),
        ("/en/policies/?q=a&page=2", "fr", "/fr/policies/?q=a&page=2"),
        ("/policies/LC/2026-1/", "ko", "/ko/policies/LC/2026-1/"),
        ("/english/", "de", "/de/english/"),
    ],
)
def test_the_same_page_in_another_language(path, code, expected):
    assert rules.localized_path(path, code) == expected


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_going_to_a_language_and_back_gives_the_same_address(there, back):
    start = rules.localized_path("/policies/?q=x", back)
    assert rules.localized_path(rules.localized_path(start, there), back) == start


def test_only_chinese_carries_its_script_in_the_language_tag():
    assert language_tag("zh-hans") == "zh-Hans"
    assert language_tag("en") == "en"


def test_arabic_alone_runs_from_right_to_left():
    assert [code for code in CODES if rules.direction(code) == "rtl"] == ["ar"]


@pytest.mark.parametrize("cookie", [None, "", "sepia", "dark;x"])
def test_an_unknown_colour_scheme_leaves_it_to_the_system(cookie):
    assert rules.chosen_theme(cookie) == ""


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("澜川市既有住宅加装电梯管理办法", ["澜川市", "既有住宅加装电梯", "管理办法"]),
        ("关于修改部分规章的决定", ["关于", "修改部分规章的", "决定"]),
        ("通知", ["通知"]),
    ],
)
def test_a_chinese_title_breaks_at_the_ends_of_phrases(title, expected):
    assert rules.phrases(title) == expected


@given(st.text(alphabet="澜川市区关于的通知管理办法（）《》、a 1"))
def test_the_phrases_of_a_title_give_the_title_back(title):
    assert "".join(rules.phrases(title)) == title


def test_open_graph_names_a_language_with_a_country():
    assert [rules.open_graph_locale(code) for code in CODES] == [
        *("zh_CN", "en_US", "ko_KR", "ja_JP", "de_DE", "fr_FR", "es_ES", "ru_RU", "ar_AR"),
    ]
