import pytest
from hypothesis import given
from hypothesis import strategies as st

from legaltext.document_numbers import keys

SENDERS = ("国发", "国办函", "京政办发", "法释", "高检发释字", "农经发")
STYLES = (
    "{sender}〔{year}〕{serial}号",
    "{sender}[{year}]{serial}号",
    "{sender}［{year}］{serial}号",
    "{sender}({year}){serial}号",
    "{sender}（{year}）{serial}号",
    "{sender}【{year}】{serial}号",
    "{sender}〔{year}〕第{serial}号",
    "{sender}〔{year}〕{serial}號",
    "{sender}字〔{year}〕{serial}号",
    "{sender}〔{year}〕 {serial}",
    "{sender} 〔 {year} 〕 第 {serial} 号",
    "{sender}{year}年{serial}号",
    "{sender} {year} {serial}",
    "{sender}〔{year}〕00{serial}号",
    "关于{sender}〔{year}〕{serial}号",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("国发〔2020〕1号", ("国发|2020|1",)),
        ("国发[2020]01号", ("国发|2020|1",)),
        ("國發（2020）第１號", ("国发|2020|1",)),
        ("国函1996年95号", ("国函|1996|95",)),
        ("国办函〔2018〕 74", ("国办函|2018|74",)),
        ("法释 2022 15", ("法释|2022|15",)),
        ("法释〔二〇二一〕二十四号", ("法释|2021|24",)),
        ("京政发〔二○二○〕十号", ("京政发|2020|10",)),
        ("交通部交基發〔1995〕97號", ("交通部交基发|1995|97", "交基发|1995|97")),
        ("中华人民共和国国务院令第228号", ("令|国务院|228",)),
        ("国务院令228", ("令|国务院|228",)),
        ("國務院令第五百一十七號", ("令|国务院|517",)),
        ("中华人民共和国主席令第三号", ("令|主席|3",)),
        ("交通运输部令2020年第3号", ("令|交通运输部|2020|3", "令|交通运输部|3")),
        ("中华人民共和国主席令〔2020〕45号", ("令|主席|2020|45", "令|主席|45")),
        ("生态环境部部令第4号", ("令|生态环境部|4",)),
        ("国家税务总局公告2019年第13号", ("国家税务总局公告|2019|13",)),
        ("国发〔2020〕1号，法释〔2021〕2号", ("国发|2020|1", "法释|2021|2")),
        ("道路交通安全法", ()),
        ("2020年工作报告", ()),
        ("〔2020〕1号", ()),
        ("", ()),
    ],
)
def test_a_number_has_one_key_however_it_is_written(text: str, expected: tuple[str, ...]) -> None:
    assert keys(text) == expected


@given(
    sender=st.sampled_from(SENDERS),
    year=st.integers(1949, 2099),
    serial=st.integers(1, 9999),
    style=st.sampled_from(STYLES),
    full_width=st.booleans(),
)
def test_every_spelling_of_a_number_shares_its_key(
    sender: str, year: int, serial: int, style: str, full_width: bool
) -> None:
    written = style.format(sender=sender, year=year, serial=serial)
    if full_width:
        written = written.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert keys(written) == keys(f"{sender}〔{year}〕{serial}号")
    assert len(keys(written)) == 1


@given(
    first=st.tuples(st.sampled_from(SENDERS), st.integers(1949, 2099), st.integers(1, 9999)),
    second=st.tuples(st.sampled_from(SENDERS), st.integers(1949, 2099), st.integers(1, 9999)),
)
def test_different_numbers_have_different_keys(
    first: tuple[str, int, int], second: tuple[str, int, int]
) -> None:
    same = keys("{}〔{}〕{}号".format(*first)) == keys("{}〔{}〕{}号".format(*second))
    assert same == (first == second)


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert isinstance(keys(text), tuple)
