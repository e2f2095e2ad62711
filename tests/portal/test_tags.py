import datetime
import json
import re

import pytest
from django.template import Context, Template
from django.utils.translation import override

from policies.enums import Validity
from portal.templatetags import portal_tags

DAY = datetime.date(2026, 10, 8)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-hans", "2026年10月8日"),
        ("ja", "2026年10月8日"),
        ("ko", "2026년 10월 8일"),
        ("en", "8 October 2026"),
        ("de", "8. Oktober 2026"),
        ("fr", "8 octobre 2026"),
        ("es", "8 de octubre de 2026"),
        ("ru", "8 октября 2026 г."),
    ],
)
def test_prose_dates_follow_the_language(language, expected):
    with override(language):
        assert portal_tags.date_by_locale(DAY) == expected


def test_list_dates_are_the_same_everywhere():
    assert portal_tags.day(DAY) == "2026-10-08"


def test_a_moment_is_shown_as_the_day_in_shanghai():
    evening = datetime.datetime(2026, 10, 7, 17, 0, tzinfo=datetime.UTC)
    assert portal_tags.day(evening) == "2026-10-08"


def test_a_date_of_a_list_keeps_its_order_among_arabic_words():
    assert portal_tags.date_tag(DAY, "list") == (
        '<time datetime="2026-10-08" dir="ltr">2026-10-08</time>'
    )
    assert portal_tags.isolated("2026-10-08") == "<bdi>2026-10-08</bdi>"


def test_only_a_phrase_too_long_for_a_phone_may_be_broken():
    assert portal_tags.keep_together("关于流动人口随迁子女积分入学的通知") == (
        '关于<wbr><span class="gk-free">流动人口随迁子女积分入学的</span><wbr>通知'
    )


@pytest.mark.parametrize("blank", [None, "", []])
def test_blank_values_print_four_dashes(blank):
    assert portal_tags.or_dashes(blank) == "----"
    assert portal_tags.date_tag(None) == "----"


def test_zero_is_a_value_and_not_a_blank():
    assert portal_tags.or_dashes(0) == 0


def test_each_validity_has_a_shape_of_its_own_and_a_word():
    badges = [portal_tags.validity_badge(status) for status in Validity]
    shapes = {re.search('class="([^"]+)"', badge)[1] for badge in badges}
    assert len(shapes) == len(Validity)
    assert all(re.search(">[^<]+<", badge) for badge in badges)


def test_a_title_cannot_smuggle_markup_in():
    assert "<b>" not in portal_tags.keep_together("<b>通知</b>")


def test_structured_data_cannot_close_its_script():
    text = portal_tags.json_ld({"name": "</script><script>alert(1)</script>"})
    assert "</" not in text
    assert json.loads(text)["name"].startswith("</script>")


def test_the_language_bar_marks_the_language_of_the_page(rf):
    request = rf.get("/about/", {"x": "1"})
    from django.urls import resolve

    request.resolver_match = resolve("/about/")
    links = portal_tags.language_links(Context({"request": request, "language_code": "zh-hans"}))
    assert [link.url for link in links][:2] == ["/about/?x=1", "/en/about/?x=1"]
    assert [link.code for link in links if link.current] == ["zh-hans"]


def test_a_page_that_has_no_languages_leads_to_the_home_pages(rf):
    request = rf.get("/healthz")
    from django.urls import resolve

    request.resolver_match = resolve("/healthz")
    links = portal_tags.language_links(Context({"request": request, "language_code": "zh-hans"}))
    assert [link.url for link in links][:2] == ["/", "/en/"]


def test_the_badge_says_from_when_a_document_applies():
    html = Template("{% load portal_tags %}{% validity_badge 'not_yet' day %}").render(
        Context({"day": DAY})
    )
    assert "2026年10月8日" in html


@pytest.mark.parametrize(
    ("language", "words", "marked"),
    [
        ("en", "办法", True),
        ("en", "measures", False),
        ("ja", "規則", False),
        ("zh-hans", "办", False),
    ],
)
def test_a_readers_chinese_words_are_marked_on_a_foreign_page(language, words, marked):
    template = Template("{% load portal_tags %}<bdi{% lang_of_words words %}>")
    shown = template.render(Context({"language_code": language, "words": words}))
    assert shown == ('<bdi lang="zh-Hans">' if marked else "<bdi>")
