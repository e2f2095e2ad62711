"""A Word file as a draft: its text with the numbers that Word counts by itself."""

import io

import docx
import pytest
from django.urls import reverse
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from wagtail.test.utils.form_data import querydict_from_html

from consultations.docx import NotReadable, read
from tests import factories


def level(depth, text, how="chineseCountingThousand", **parts):
    """A level of a list; ``parts`` are further elements and their values."""
    parts = {"start": 1, "numFmt": how} | parts | {"lvlText": text}
    inner = "".join(f'<w:{name} w:val="{value}"/>' for name, value in parts.items())
    return f'<w:lvl w:ilvl="{depth}">{inner}</w:lvl>'


class Word:
    """A document in which lists can be defined and used, as Word writes it."""

    def __init__(self):
        self.document = docx.Document()
        self.root = self.document.part.numbering_part.element
        for found in list(self.root):
            self.root.remove(found)

    def pattern(self, key, *levels):
        self._add(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{key}">{"".join(levels)}'
            "</w:abstractNum>"
        )

    def num(self, key, pattern, overrides=""):
        self._add(
            f'<w:num {nsdecls("w")} w:numId="{key}"><w:abstractNumId w:val="{pattern}"/>'
            f"{overrides}</w:num>"
        )

    def _add(self, xml):
        self.root.append(parse_xml(xml))

    def say(self, text, num=None, depth=None, style=None, to=None):
        paragraph = (to or self.document).add_paragraph(text, style)
        if num is not None:
            self.number(paragraph._p.get_or_add_pPr(), num, depth)
        return paragraph

    def style(self, name, num=None, depth=None, base=None):
        style = self.document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        if base is not None:
            style.base_style = base
        if num is not None:
            self.number(style.element.get_or_add_pPr(), num, depth)
        return style

    def number(self, properties, num, depth):
        inner = f'<w:ilvl w:val="{depth}"/>' if depth is not None else ""
        inner += f'<w:numId w:val="{num}"/>'
        properties.append(parse_xml(f"<w:numPr {nsdecls('w')}>{inner}</w:numPr>"))

    @property
    def file(self):
        file = io.BytesIO()
        self.document.save(file)
        file.seek(0)
        return file

    @property
    def lines(self):
        return read(self.file).text.splitlines()


@pytest.fixture
def word():
    return Word()


def test_a_word_file_becomes_the_draft(word):
    word.say("第一条 为了规范停放，制定本办法。")
    word.document.add_table(1, 2).rows[0].cells[0].text = "收费项目"
    assert word.lines == ["第一条 为了规范停放，制定本办法。", "收费项目 "]
    with pytest.raises(NotReadable):
        read(io.BytesIO(b"no zip"))


def test_articles_go_on_over_chapters_and_items_begin_again(word):
    word.pattern(
        1,
        level(0, "第%1章"),
        level(1, "第%2条", lvlRestart=0),
        level(2, "（%3）", suff="nothing"),
        level(3, "%4.", "decimal"),
    )
    word.num(5, 1)
    for depth, text in [
        (0, "总则"),
        (1, "为了规范停放，制定本办法。"),
        (1, "本市的停放适用本办法："),
        (2, "道路；"),
        (2, "小区："),
        (3, "新建的；"),
        (3, "既有的。"),
        (0, "停放"),
        (1, "禁止在楼道内停放："),
        (2, "白天；"),
    ]:
        word.say(text, 5, depth)
    assert word.lines == [
        "第一章 总则",
        "第一条 为了规范停放，制定本办法。",
        "第二条 本市的停放适用本办法：",
        "（一）道路；",
        "（二）小区：",
        "1. 新建的；",
        "2. 既有的。",
        "第二章 停放",
        "第三条 禁止在楼道内停放：",
        "（一）白天；",
    ]


@pytest.mark.parametrize(
    ("how", "number", "shown"),
    [
        ("decimal", 12, "12"),
        ("decimalZero", 3, "03"),
        ("decimalFullWidth", 12, "１２"),
        ("chineseCountingThousand", 10, "十"),
        ("chineseCountingThousand", 110, "一百一十"),
        ("chineseCounting", 12, "十二"),
        ("japaneseCounting", 20, "二十"),
        ("taiwaneseCountingThousand", 99, "九十九"),
        ("ideographDigital", 10, "一〇"),
        ("ideographTraditional", 3, "丙"),
        ("upperRoman", 14, "XIV"),
        ("lowerRoman", 1999, "mcmxcix"),
        ("upperLetter", 26, "Z"),
        ("lowerLetter", 28, "bb"),
        ("decimalEnclosedCircleChinese", 20, "⑳"),
    ],
)
def test_a_number_looks_as_in_word(word, how, number, shown):
    word.pattern(1, level(0, "%1、", how, start=number, suff="nothing"))
    word.num(1, 1)
    word.say("甲", 1)
    assert word.lines == [f"{shown}、甲"]


def test_a_number_may_name_its_upper_levels_and_write_all_in_figures(word):
    word.pattern(1, level(0, "第%1章"), level(1, "%1.%2", "decimal", isLgl="1", suff="space"))
    word.num(1, 1)
    for depth in (0, 1, 1, 0, 1):
        word.say("文", 1, depth)
    assert word.lines == ["第一章 文", "1.1 文", "1.2 文", "第二章 文", "2.1 文"]


def test_a_level_may_restart_only_under_one_above_its_parent(word):
    word.pattern(1, level(0, "%1编"), level(1, "%2章"), level(2, "%3节", lvlRestart=1))
    word.num(1, 1)
    for depth in (0, 1, 2, 1, 2, 0, 1, 2):
        word.say("文", 1, depth)
    assert word.lines == [
        f"{n} 文" for n in ("一编", "一章", "一节", "二章", "二节", "二编", "一章", "一节")
    ]


def test_lists_of_one_pattern_go_on_unless_one_begins_anew(word):
    word.pattern(1, level(0, "（%1）"))
    word.num(1, 1)
    word.num(2, 1)
    anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    word.num(3, 1, anew)
    for num in (1, 1, 2, 3, 3):
        word.say("文", num, 0)
    assert word.lines == [f"（{n}） 文" for n in "一二三一二"]


def test_a_list_may_have_a_level_of_its_own(word):
    word.pattern(1, level(0, "（%1）"))
    own = level(0, "%1)", "lowerLetter", start=3)
    word.num(1, 1, f'<w:lvlOverride w:ilvl="0">{own}</w:lvlOverride>')
    word.say("文", 1, 0)
    assert word.lines == ["c) 文"]


def test_a_style_numbers_its_paragraphs_unless_one_says_no(word):
    word.pattern(1, level(0, "第%1章", pStyle="章"), level(1, "第%2条", lvlRestart=0, pStyle="条"))
    word.num(1, 1)
    chapter, article = word.style("章", 1), word.style("条", 1)
    special = word.style("特别条", base=article)
    for style, num in [(chapter, None), (article, None), (article, 0), (article, None)]:
        word.say("文", num, style=style)
    word.say("文", style=special)
    assert word.lines == ["第一章 文", "第一条 文", "文", "第二条 文", "第三条 文"]


def test_a_pattern_may_stand_in_a_style_of_lists(word):
    word.pattern(1, level(0, "第%1条"))
    word.num(1, 1)
    style = word.document.styles.add_style("条款", WD_STYLE_TYPE.LIST)
    word.number(style.element.get_or_add_pPr(), 1, None)
    link = f'<w:numStyleLink w:val="{style.style_id}"/>'
    word.pattern(2, link)
    word.num(2, 2)
    word.say("文", 2, 0)
    word.say("文", 1, 0)
    assert word.lines == ["第一条 文", "第二条 文"]


def test_empty_paragraphs_and_cells_count_and_bullets_show_nothing(word):
    word.pattern(1, level(0, "%1.", "decimal"))
    word.pattern(2, level(0, "\uf0b7", "bullet"))
    word.num(1, 1)
    word.num(2, 2)
    word.say("一", 1)
    word.say("", 1)
    row = word.document.add_table(1, 3).rows[0]
    wide = row.cells[0].merge(row.cells[1])
    wide.paragraphs[0].text = "格"
    word.number(wide.paragraphs[0]._p.get_or_add_pPr(), 1, 0)
    word.say("后", 1)
    word.say("点", 2)
    word.say("无", 77)
    assert word.lines == ["1. 一", "3. 格 3. 格 ", "4. 后", "点", "无"]
    assert not read(word.file).unnumbered


@pytest.mark.parametrize(
    "levels",
    [
        (level(0, "第%1条", "hebrew1"),),
        (level(0, "第%1条", "chineseCounting", start=100),),
        (level(0, "第%1条", "decimalEnclosedCircle", start=21),),
        (level(0, "第%1条", "upperRoman", start=0),),
    ],
)
def test_a_number_that_cannot_be_computed_is_named(word, levels):
    word.pattern(1, *levels)
    word.num(1, 1)
    word.say("总则")
    word.say("为了规范停放。", 1)
    found = read(word.file)
    assert found.text == "总则\n为了规范停放。"
    assert found.unnumbered == ("为了规范停放。",)


def test_a_level_below_one_that_was_not_used_is_not_guessed(word):
    word.pattern(1, level(0, "%1", "decimal"), level(1, "%1.%2", "decimal"))
    word.num(1, 1)
    word.say("文", 1, 1)
    assert read(word.file).unnumbered == ("文",)


def test_a_file_without_lists_and_a_damaged_list_do_no_harm(word):
    word.pattern(1, level("x", "第%1条"))
    word.num(1, 1)
    word.say("文", 1, 0)
    with pytest.raises(NotReadable):
        read(word.file)
    part = word.document.part
    [key] = [key for key, rel in part.rels.items() if rel.reltype.endswith("/numbering")]
    del part.rels[key]
    assert word.lines == ["文"]


def test_styles_in_a_ring_do_no_harm(word):
    first = word.style("甲")
    second = word.style("乙", base=first)
    first.base_style = second
    word.say("文", style=second)
    assert second.element.find(qn("w:basedOn")) is not None
    assert word.lines == ["文"]


# --- the editor ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_editor_is_told_which_number_is_missing_and_saves_the_text_when_it_is_typed(
    client, word
):
    team = factories.team()
    page = factories.consultation(team)
    client.force_login(team.drafter)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    word.pattern(1, level(0, "第%1条"), level(1, "%2", "hebrew1"))
    word.num(1, 1)
    word.say("为了规范停放。", 1, 0)
    word.say("禁止在楼道内停放<b>。", 1, 1)

    def typed():
        html = client.get(address).content.decode()
        return querydict_from_html(html, form_id="page-edit-form").dict()

    upload = word.file
    upload.name = "draft.docx"
    answer = client.post(address, typed() | {"draft_file": upload})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "“禁止在楼道内停放&lt;b&gt;。”" in html
    corrected = querydict_from_html(html, form_id="page-edit-form").dict()
    assert corrected["draft"].strip().splitlines() == [
        "第一条 为了规范停放。",
        "禁止在楼道内停放<b>。",
    ]
    assert page.get_latest_revision_as_object().draft == factories.DRAFT
    corrected["draft"] = "第一条 为了规范停放。\n（一）禁止在楼道内停放。"
    assert client.post(address, corrected).status_code == 302
    page = type(page).objects.get(pk=page.pk)
    assert page.get_latest_revision_as_object().draft.splitlines()[1].startswith("（一）")


@pytest.mark.django_db
def test_a_word_file_whose_numbers_are_known_is_saved_with_them(client, word):
    team = factories.team()
    page = factories.consultation(team)
    client.force_login(team.drafter)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    word.pattern(1, level(0, "第%1条"))
    word.num(1, 1)
    word.say("为了规范停放。", 1, 0)
    html = client.get(address).content.decode()
    typed = querydict_from_html(html, form_id="page-edit-form").dict()
    upload = word.file
    upload.name = "draft.docx"
    assert client.post(address, typed | {"draft_file": upload}).status_code == 302
    page = type(page).objects.get(pk=page.pk)
    assert page.get_latest_revision_as_object().draft == "第一条 为了规范停放。"
