import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legaltext.numerals import to_chinese
from legaltext.parser import parse
from legaltext.tree import Kind, LegalText, Node, squeeze

RULES = """澜川市共享单车停放管理办法
（2024年3月1日澜川市人民政府令第12号公布）
目　录
第一章　总则
第二章　停放
第三章　附则
第一章　总则
第一条 为了规范共享单车停放，制定本办法。
第二条 本办法适用于本市行政区域。
前款规定不包括下列区域：
（一）铁路用地；
（二）机场用地，包括：
1.航站楼；
2.停机坪。
（三）其他封闭区域。
本条第二款的区域由市人民政府公布。
第二章　停放
第一节　点位
第三条（点位设置） 点位由区人民政府设置。
第三条之一 点位应当公示。
第二节　秩序
第四条 违反本办法第三条的，责令改正。
第三章　附则
第五条 本办法自2024年5月1日起施行。
附件：
点位设置标准
一、间距
点位间距不小于五十米。
（一）主干路除外。
"""


def kinds(tree: LegalText) -> list[tuple[Kind, str]]:
    return [(node.kind, node.anchor) for node in tree.nodes]


def test_a_document_becomes_preamble_contents_provisions_and_annexes() -> None:
    tree = parse(RULES)
    assert kinds(tree) == [
        (Kind.PREAMBLE, "pre-1"),
        (Kind.PREAMBLE, "pre-2"),
        (Kind.CONTENTS, "toc"),
        (Kind.CHAPTER, "ch-1"),
        (Kind.CHAPTER, "ch-2"),
        (Kind.CHAPTER, "ch-3"),
        (Kind.ANNEX, "annex-1"),
    ]
    assert tree.annexes[0].heading == "点位设置标准"


@pytest.mark.parametrize(
    ("anchor", "label", "text"),
    [
        ("ch-2", "第二章", ""),
        ("sec-2-1", "第二章第一节", ""),
        ("art-1", "第一条", ""),
        ("art-1-p1", "第一条", "为了规范共享单车停放，制定本办法。"),
        ("art-2-p2", "第二条第二款", "前款规定不包括下列区域："),
        ("art-2-p2-i2", "第二条第二款第二项", "机场用地，包括："),
        ("art-2-p2-i2-s1", "第二条第二款第二项第一目", "航站楼；"),
        ("art-2-p2-i3", "第二条第二款第三项", "其他封闭区域。"),
        ("art-2-p3", "第二条第三款", "本条第二款的区域由市人民政府公布。"),
        ("art-3-1", "第三条之一", ""),
        ("pre-2", "正文前第二段", "（2024年3月1日澜川市人民政府令第12号公布）"),
        ("annex-1-pt-1", "附件 一", ""),
        ("annex-1-pt-1-p1", "附件 一第一段", "点位间距不小于五十米。"),
        ("annex-1-pt-1-1", "附件 一（一）", "主干路除外。"),
    ],
)
def test_every_provision_has_an_anchor_and_a_citation(anchor: str, label: str, text: str) -> None:
    tree = parse(RULES)
    assert tree.label(anchor) == label
    assert tree.anchors()[anchor].text == text


def test_the_only_paragraph_of_an_article_is_not_cited() -> None:
    tree = parse("第一条 有下列情形的：\n（一）甲；\n（二）乙。\n第二条 完。")
    assert tree.label("art-1-p1-i2") == "第一条第二项"


def test_a_contents_list_without_its_title_is_told_by_the_repeated_chapters() -> None:
    text = (
        "第九条的规定\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。"
    )
    tree = parse(text)
    assert tree.anchors()["toc"].text == "第一章 总则\n第二章 附则"
    assert [node.anchor for node in tree.body] == ["ch-1", "ch-2"]
    assert squeeze("".join(tree.lines())) == squeeze(text)


def test_an_unknown_anchor_has_no_label() -> None:
    with pytest.raises(KeyError):
        parse(RULES).label("art-99")


def test_an_article_keeps_its_label_heading_and_number_as_written() -> None:
    tree = parse("第 十　二 条 内容。")
    article = tree.articles()[0]
    assert (article.label, article.number, article.inserted) == ("第 十　二 条", 12, 0)
    assert tree.label("art-12") == "第十二条"
    article = parse(RULES).anchors()["art-3"]
    assert (article.heading, article.full_text) == (
        "（点位设置）",
        "（点位设置）\n点位由区人民政府设置。",
    )


def test_the_contents_list_nests_articles_under_their_headings() -> None:
    entries = parse(RULES).contents()
    assert [entry.title for entry in entries] == [
        "第一章 总则",
        "第二章 停放",
        "第三章 附则",
        "附件： 点位设置标准",
    ]
    sections = entries[1].children
    assert [entry.anchor for entry in sections] == ["sec-2-1", "sec-2-2"]
    assert [entry.title for entry in sections[0].children] == ["第三条 （点位设置）", "第三条之一"]


def test_chapters_that_restart_in_each_part_have_the_part_in_their_anchor() -> None:
    tree = parse(
        "第一编 总则\n第一章 任务\n第一条 甲。\n第二编 分则\n第一分编 通则\n第一章 合同\n"
        "第一节 订立\n第二条 乙。\n附　则\n第三条 丙。"
    )
    assert list(tree.anchors()) == [
        "part-1",
        "part-1-ch-1",
        "art-1",
        "art-1-p1",
        "part-2",
        "part-2-subpart-1",
        "part-2-ch-1",
        "part-2-sec-1-1",
        "art-2",
        "art-2-p1",
        "ch-u1",
        "art-3",
        "art-3-p1",
    ]
    assert tree.label("part-2-sec-1-1") == "第二编第一分编第一章第一节"
    assert tree.label("art-2") == "第二条"


def test_a_number_used_twice_gets_a_suffix() -> None:
    tree = parse("第一条 甲。\n第一条 乙。\n第二条 丙。")
    assert [node.anchor for node in tree.articles()] == ["art-1", "art-1-dup2", "art-2"]
    assert tree.anchors()["art-1-dup2-p1"].text == "乙。"


@pytest.mark.parametrize(
    "text",
    [
        "第一条 甲。 第二条 乙。第三条　丙。",
        "第一章 总则 第一条 甲。 第二章 附则 第二条 乙。 第三条 丙。",
        "第一条 甲。第二条乙应当申请。\n第三条 丙。",
    ],
    ids=["on one line", "with chapters on one line", "without a blank, where a number is missing"],
)
def test_articles_run_together_on_one_line_are_parted(text: str) -> None:
    assert [node.anchor for node in parse(text).articles()] == ["art-1", "art-2", "art-3"]


@pytest.mark.parametrize(
    "citation",
    [
        "第九条规定的情形除外。",
        "第二条、第三条的规定适用于本条。",
        "第五章的规定适用于本条。",
        "依照本法第三条 处理。",
        "修改为：“第八条 甲。\n第九条 乙。”",
    ],
)
def test_a_citation_is_not_an_article(citation: str) -> None:
    tree = parse(f"第一条 甲：\n{citation}\n第二条 乙。")
    assert [node.anchor for node in tree.articles()] == ["art-1", "art-2"]


def test_an_attached_document_that_restarts_is_an_annex() -> None:
    tree = parse(
        "第一条 甲。\n第二条 乙。\n澜川市停车收费规则（试行）\n"
        "第一章 总则\n第一条 丙。\n第二条 丁。"
    )
    assert [annex.heading for annex in tree.annexes] == ["澜川市停车收费规则（试行）"]
    assert [node.anchor for node in tree.articles()] == [
        "art-1",
        "art-2",
        "annex-1-art-1",
        "annex-1-art-2",
    ]
    assert tree.label("annex-1-art-2") == "附件一第二条"


def test_a_table_between_two_articles_is_no_annex() -> None:
    tree = parse("第一条 甲。\n附表：\n费率 百分之二\n第二条 乙。")
    assert not tree.annexes
    assert [node.anchor for node in tree.articles()] == ["art-1", "art-2"]


def test_signature_and_date_close_the_body() -> None:
    tree = parse("第一条 甲。\n第二条 本办法自公布之日起施行。\n澜川市人民政府\n2024年3月1日")
    assert [node.text for node in tree.closing] == ["澜川市人民政府", "2024年3月1日"]
    assert tree.label("end-2") == "正文后第二段"


def test_a_notice_without_articles_is_a_tree_of_points() -> None:
    tree = parse(
        "关于做好节水工作的通知\n各区人民政府：\n现通知如下：\n一、总体要求\n节约优先。\n"
        "二、主要任务\n（一）摸清底数。各区应当普查。\n1．普查；\n2．公布。\n（二）加强宣传。\n"
    )
    assert list(tree.anchors()) == [
        *("pre-1", "pre-2", "pre-3", "pt-1", "pt-1-p1", "pt-2"),
        *("pt-2-1", "pt-2-1-1", "pt-2-1-2", "pt-2-2"),
    ]
    assert tree.label("pt-2-1-2") == "二（一）2"
    assert [entry.title for entry in tree.contents()] == ["一、 总体要求", "二、 主要任务"]


def test_decimal_outlines_nest_by_their_depth() -> None:
    tree = parse(
        "应急预案\n1 总则\n1.1 目的\n为了应急。\n1.2 范围\n全市。\n2 组织\n2.1 指挥\n总指挥。"
    )
    assert [a for a in tree.anchors() if "p" in a and "-p" not in a] == [
        *("pre-1", "pt-1", "pt-1-1", "pt-1-2", "pt-2", "pt-2-1")
    ]
    assert tree.label("pt-1-2") == "1.2"


def test_a_text_without_any_numbering_is_paragraphs() -> None:
    assert kinds(parse("甲。\n\n乙。")) == [(Kind.PARAGRAPH, "para-1"), (Kind.PARAGRAPH, "para-2")]


@pytest.mark.parametrize("text", ["", " \n\u3000\n\u200b\n"])
def test_a_blank_text_is_an_empty_tree(text: str) -> None:
    assert parse(text).nodes == ()


@pytest.mark.parametrize(
    "text",
    [
        f"第{'九' * 5000}条 甲。",
        f"第{'九' * 12}条 甲。",
        "第一万亿亿条 甲。",
        f"第一条之{'九' * 5000} 甲。",
        "\n".join(f"{'1.' * n}1 甲" for n in range(1, 1500)),
        "第九十条 甲。" * 3000,
    ],
    ids=["long", "large", "larger", "inserted", "deep", "repeated"],
)
def test_absurd_numbers_parse(text: str) -> None:
    tree = parse(text)
    assert squeeze("".join(tree.lines())) == squeeze(text)
    assert all(tree.label(anchor) for anchor in tree.anchors())


def test_parsing_takes_linear_time() -> None:
    def seconds(articles: int) -> float:
        text = "\n".join(f"第{to_chinese(n)}条 {'应当遵守规定。' * 12}" for n in range(1, articles))
        spent = []
        for _ in range(3):
            # Processor time: the clock on the wall also counts what other processes do.
            start = time.process_time()
            parse(text)
            spent.append(time.process_time() - start)
        return min(spent)

    # Ten times the text; quadratic work would take a hundred times as long.
    assert seconds(2200) < 40 * seconds(220)


LINE = st.one_of(
    st.sampled_from(
        [
            "第一编 总则",
            "第二章　停放",
            "第一节 点位",
            "附　则",
            "目　录",
            "附件：",
            "附件1 清单",
            "一、总体要求",
            "（一）甲；",
            "1.乙。",
            "1.1 目的",
            "①丙",
            "澜川市停车办法",
            "他说：“第八条 甲。",
            "\u200b",
            "  ",
        ]
    ),
    st.builds(
        lambda n, gap, rest: f"第{to_chinese(n)}条{gap}{rest}",
        st.integers(0, 30),
        st.sampled_from(["", " ", "　", "之一 ", "（目的）"]),
        st.sampled_from(["", "甲。", "的规定。", "甲。 第二条 乙。第三条 丙。", "乙\u200b。"]),
    ),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=30),
    st.text(alphabet="第附一二十百条章节编之件目录（）()、.1２ 　。；“”甲", max_size=30),
)


@settings(deadline=None)
@given(st.lists(LINE, max_size=40))
def test_nothing_of_any_text_is_lost_or_moved(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert squeeze("".join(parse(text).lines())) == squeeze(text)


@settings(deadline=None)
@given(st.lists(LINE, max_size=40))
def test_anchors_are_unique_safe_and_all_have_a_label(lines: list[str]) -> None:
    tree = parse("\n".join(lines))
    nodes = list(tree.walk())
    assert len(tree.anchors()) == len(nodes)
    for node in nodes:
        assert node.anchor.isascii()
        assert node.anchor.replace("-", "").isalnum()
        assert tree.label(node.anchor)


@settings(deadline=None)
@given(st.lists(LINE, max_size=20))
def test_the_same_text_has_the_same_tree(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert parse(text) == parse(text)


def test_every_line_of_a_plain_law_appears_once_and_in_order() -> None:
    lines = [line.strip() for line in RULES.splitlines() if line.strip()]
    joined = squeeze("".join(parse(RULES).lines()))
    at = 0
    for line in lines:
        assert joined.startswith(squeeze(line), at)
        at += len(squeeze(line))
    assert at == len(joined)


def test_a_node_walks_itself_and_all_below_it() -> None:
    article: Node = parse(RULES).anchors()["art-2"]
    assert [node.anchor for node in article.walk()][:3] == ["art-2", "art-2-p1", "art-2-p2"]
