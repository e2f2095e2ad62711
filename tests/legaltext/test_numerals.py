import pytest
from hypothesis import given
from hypothesis import strategies as st

from legaltext.numerals import LIMIT, to_chinese, to_int


@pytest.mark.parametrize(
    ("numeral", "number"),
    [
        ("零", 0),
        ("〇", 0),
        ("九", 9),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("廿三", 23),
        ("卅", 30),
        ("一百", 100),
        ("一百零一", 101),
        ("一百〇一", 101),
        ("一百一十", 110),
        ("一百二十三", 123),
        ("两百五十", 250),
        ("一千零四十", 1040),
        ("一千二百六十", 1260),
        ("两千", 2000),
        ("二〇二四", 2024),
        ("二○○五", 2005),
        ("一二三", 123),
        ("12", 12),
        ("０１２", 12),
        ("3万", 30_000),
        ("十万零一十", 100_010),
        ("一亿零三百", 100_000_300),
        ("一万亿", 10**12),
        ("壹佰贰拾叁", 123),
        ("十 二", 12),
        ("　十　二　", 12),
    ],
)
def test_a_numeral_is_read_however_it_is_written(numeral: str, number: int) -> None:
    assert to_int(numeral) == number


@pytest.mark.parametrize("text", ["", "  ", "甲", "十二条", "1.5", "-3", "第十"])
def test_what_is_no_numeral_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="numeral"):
        to_int(text)


@pytest.mark.parametrize(
    ("number", "numeral"),
    [
        (0, "零"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (1260, "一千二百六十"),
        (10_000, "一万"),
        (100_000, "十万"),
        (100_010, "十万零一十"),
    ],
)
def test_a_number_is_written_as_laws_write_it(number: int, numeral: str) -> None:
    assert to_chinese(number) == numeral


@pytest.mark.parametrize("number", [-1, LIMIT])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        to_chinese(number)


@given(st.integers(0, LIMIT - 1))
def test_a_number_survives_the_way_there_and_back(number: int) -> None:
    assert to_int(to_chinese(number)) == number
