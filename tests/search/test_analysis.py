import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import analysis, titles, vocabulary


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("個人信息保護法", "个人信息保护法"),
        ("ＡＢＣ１２３", "abc123"),
        ("１００㎡", "100m2"),
        ("ÉTÉ", "été"),
        ("한글", "한글"),
    ],
)
def test_spellings_of_one_text_become_equal(text: str, expected: str) -> None:
    assert analysis.normalise(text) == expected


@given(st.text())
def test_folding_keeps_one_character_for_one(text: str) -> None:
    assert len(analysis.fold(text)) == len(text)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = analysis.normalise(text)
    assert analysis.tokens(analysis.normalise(once)) == analysis.tokens(once)


@given(st.text())
def test_no_token_holds_white_space(text: str) -> None:
    found = analysis.tokens(analysis.normalise(text)) + analysis.stems(text, "en")
    assert all(token and not any(char.isspace() for char in token) for token in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("道路交通", ["道路", "路交", "交通"]),
        ("第一条（一）", ["第一", "一条", "一"]),
        ("扣满12分", ["扣满", "12", "分"]),
        ("データ保護", ["デー", "ータ", "タ保", "保护"]),
        ("개인정보", ["개인", "인정", "정보"]),
        ("GB/T 9704", ["gb", "t", "9704"]),
        ("，。！", []),
    ],
)
def test_han_kana_and_hangul_become_pairs(text: str, expected: list[str]) -> None:
    assert analysis.tokens(analysis.normalise(text)) == expected


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "protecting", "protected"),
        ("de", "Häuser", "Hauser"),
        ("de", "Straße", "Strasse"),
        ("fr", "réglementé", "reglemente"),
        ("es", "educación", "educacion"),
        ("ru", "документы", "документов"),
        ("ar", "المدرسة", "المَدْرَسَة"),
    ],
)
def test_forms_of_a_word_share_a_stem_with_and_without_accents(
    language: str, one: str, other: str
) -> None:
    assert analysis.stems(one, language) == analysis.stems(other, language)


@pytest.mark.parametrize(
    ("one", "other"),
    [("献血法", "献雪法"), ("公司法", "公司发"), ("税收", "睡收"), ("林业", "零业")],
)
def test_what_sounds_alike_has_the_same_sounds(one: str, other: str) -> None:
    assert analysis.sounds(one) == analysis.sounds(other)


def test_a_character_left_out_or_wrong_still_shares_neighbours() -> None:
    title = set(analysis.neighbours("北京市献血条例", reach=3))
    assert len(title & set(analysis.neighbours("北市献血条例", reach=2))) >= 8
    assert len(title & set(analysis.neighbours("北京市献雪条例", reach=2))) >= 7


@pytest.mark.parametrize(
    ("title", "core"),
    [
        ("中华人民共和国公司法", "公司法"),
        ("处方药与非处方药分类管理办法（试行）", "处方药与非处方药分类管理办法"),
        ("中华人民共和国刑法修正案（二）", "刑法修正案二"),
        (
            "《卫星电视广播地面接收设施管理规定》实施细则",
            "卫星电视广播地面接收设施管理规定实施细则",
        ),
    ],
)
def test_the_core_of_a_title_leaves_country_and_state_out(title: str, core: str) -> None:
    assert titles.core(analysis.normalise(title)) == core


@pytest.mark.parametrize(
    ("title", "region", "topics"),
    [
        ("上海市生活垃圾管理条例", "上海", set()),
        ("内蒙古自治区草原管理条例", "内蒙古", set()),
        ("延边朝鲜族自治州林业条例", "延边", set()),
        ("城市房地产管理法", "", {"城市房地产"}),
        ("非上市公众公司监督管理办法", "", {"非上市公众公司监督", "非上市公众公司"}),
        ("中华人民共和国未成年人保护法", "", {"未成年人保护", "未成年人"}),
        ("国务院关于职工工作时间的规定", "", set()),
    ],
)
def test_region_and_topic_are_read_from_a_title(title: str, region: str, topics: set[str]) -> None:
    assert titles.region(title) == region
    assert titles.topics(title) == topics


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("带薪年休假一共有几天", ["带薪年休假"]),
        ("未成年人可以玩网络游戏吗", ["未成年人", "玩网络游戏"]),
        ("驾驶证扣满12分怎么办", ["驾驶证扣满12分"]),
        ("怎么办", ["怎么办"]),
    ],
)
def test_a_question_leaves_its_asking_words_behind(question: str, content: list[str]) -> None:
    assert vocabulary.is_question(question)
    assert vocabulary.content(question) == content


@pytest.mark.parametrize(
    ("typed", "other"),
    [("醉驾", "醉酒驾驶机动车"), ("村委会选举", "村民委员会选举"), ("公积金", "住房公积金")],
)
def test_everyday_words_have_legal_ones(typed: str, other: str) -> None:
    assert other in vocabulary.variants(typed)


def test_a_word_that_is_whole_already_gets_no_second_beginning() -> None:
    assert "住房住房公积金" not in vocabulary.variants("住房公积金")
