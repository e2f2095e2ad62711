import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.comments import Crowd, by_pairs, draft
from consultations.similarity import groups
from legaltext.simplified import to_simplified

CHARGING = (
    "小区里充电桩总共才六个，却要供三百多户抢着用。",
    "建议把配建比例提高到百分之三十，老旧院落分三年补齐。",
    "充电的价格应当有上限并且公示，现在一度电要收一块六。",
    "夜里的值守和巡查不能没有，烟感和喷淋一处也不能少。",
)
CAMPAIGN = "".join(CHARGING)
ARTICLE = (
    "第十二条 禁止在建筑内的公共门厅、疏散走道、楼梯间、安全出口停放电动自行车或者为其充电；"
    "住宅小区应当按照不低于住户数百分之十五的比例配建集中充电设施。"
)


@pytest.mark.parametrize(
    "edited",
    [
        pytest.param(CAMPAIGN.replace("，", ",").replace("。", "!!\n"), id="punctuation"),
        pytest.param(
            "我是枣林前街的居民。" + CAMPAIGN + "盼复，谢谢！", id="a word before and after"
        ),
        pytest.param("".join(CHARGING[1:]), id="a sentence left out"),
        pytest.param("".join(reversed(CHARGING)), id="another order"),
        pytest.param(CAMPAIGN.replace("建议", "希望").replace("应当", "应该"), id="synonyms"),
        pytest.param(CAMPAIGN.replace("充电桩", "冲电桩").replace("值守", "值手"), id="typos"),
        pytest.param(CAMPAIGN.replace("三百", "五百").replace("六个", "８个"), id="numbers"),
        pytest.param(
            "小區裏充電樁總共才六個，卻要供三百多戶搶着用。建議把配建比例提高到百分之三十，"
            "老舊院落分三年補齊。充電的價格應當有上限並且公示，現在一度電要收一塊六。"
            "夜裏的值守和巡查不能沒有，煙感和噴淋一處也不能少。",
            id="Traditional script",
        ),
        pytest.param(ARTICLE + CAMPAIGN, id="the article quoted"),
    ],
)
def test_a_campaign_is_found_though_its_text_was_edited(edited):
    assert groups([CAMPAIGN, edited], ARTICLE) == [[0, 1]]


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(
            "我们院充电口加起来只有八个，下班回来总要排队。收费也该有人管，比家里贵了三倍。",
            id="the same wish in own words",
        ),
        pytest.param(
            "车停在路边常被偷，充电桩建够以前请不要罚款。" + CHARGING[3] + "物业没有执法权，"
            "凭什么锁车扣车，闹出纠纷谁负责，请先想清楚再写进条例里去。",
            id="one sentence in common",
        ),
        pytest.param(ARTICLE, id="the article alone"),
    ],
)
def test_who_writes_alone_stays_alone(own):
    assert groups([CAMPAIGN, own], ARTICLE) == []


def test_two_who_quote_the_same_article_have_not_said_the_same():
    texts = [ARTICLE + "这一条写得太急，应当给一年过渡期。", ARTICLE + "比例还是低，请提高到三成。"]

    assert groups(texts, ARTICLE) == []
    assert groups(texts) == [[0, 1]]


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["同意", "同意。", "不同意", "同意！！", "支持"], [[0, 1, 3]]),
        (["支持第五条", "支持第六条"], []),
        (["過渡期改爲三年", "过渡期改为三年", "过渡期改为五年"], [[0, 1]]),
        (["I agree.", "i AGREE", "I disagree"], [[0, 1]]),
        (["👍", "👎", "👍 "], [[0, 2]]),
        (["", "同意", " "], [[0, 2]]),
        ([], []),
    ],
)
def test_short_texts_are_together_only_if_they_are_the_same(texts, found):
    assert groups(texts) == found


def test_a_text_that_contains_two_campaigns_does_not_join_them():
    other = (
        "供热期死守日历不科学，寒潮提前来了老人挨冻好几天。测温由热力站自己说了算，等于自己判自己。"
        "顶层和边户永远不热，收费却一分不少。管网老化三十年没换，改造名单要公布并排上日子。"
    )

    assert groups([CAMPAIGN, CAMPAIGN + other, other]) in ([], [[0, 1]], [[1, 2]])


def test_small_steps_do_not_lead_from_one_text_to_another():
    sentences = [
        *CHARGING,
        "换电柜比充电桩省地，快递员早就在用，条文应该给出地方。",
        "大型犬目录二十年没改，凭肩高来禁没有依据。",
        "牌子贴了半天没人看见，公示期应当延到三十天。",
        "盲道通向电线杆就断，共享单车又压在上面。",
        "押金退了三个月还没回来，墙上一个钉眼扣八百。",
    ]
    steps = ["".join(sentences[start : start + 4]) for start in range(6)]

    together = groups(steps)

    assert together
    assert all(max(group) - min(group) < 4 for group in together)


PEOPLE = Crowd(7)
CROWD = [comment.text for comment in PEOPLE.comments(120)]
TRADITIONAL = {text: PEOPLE.traditional(text) for text in CROWD}
SOME = st.lists(st.sampled_from(CROWD), max_size=40)
ANY = st.lists(st.text(max_size=40), max_size=8)


def partition(texts, found):
    """Groups of texts, whatever their places."""
    return sorted(sorted(texts[index] for index in group) for group in found)


@given(SOME | ANY, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_texts_changes_nothing(texts, random):
    shuffled = random.sample(texts, len(texts))

    assert partition(texts, groups(texts)) == partition(shuffled, groups(shuffled))


@given(SOME | ANY)
@settings(max_examples=60, deadline=None)
def test_each_text_is_in_one_group_at_most_and_with_all_its_copies(texts):
    found = groups(texts + texts)
    places = [index for group in found for index in group]

    assert sorted(places) == list(range(2 * len(texts)))
    assert all(len(group) > 1 and group == sorted(group) for group in found)
    assert all(index + len(texts) in group for group in found for index in group[: len(group) // 2])
    assert found == sorted(found)


@given(SOME)
@settings(max_examples=30, deadline=None)
def test_the_script_changes_nothing(texts):
    traditional = [TRADITIONAL[text] for text in texts]

    assert groups(traditional) == groups([to_simplified(text) for text in traditional])


@pytest.mark.parametrize("seed", [41, 42])
def test_campaigns_are_found_among_comments_on_the_same_subjects(seed):
    comments = Crowd(seed).comments(2_000)

    precision, recall = by_pairs(groups([comment.text for comment in comments], draft()), comments)

    assert precision >= 0.95
    assert recall >= 0.9
