"""A notice is pasted as it was written, or typed as ISO days."""

import datetime

import pytest

from workdays import rules
from workdays.forms import NO_DAY_OFF, NO_WORK

NOTICE = """一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。"""


def days(*texts):
    return [datetime.date.fromisoformat(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("2027-02-06", ["2027-02-06"]),
        ("2027-02-06 to 2027-02-08", ["2027-02-06", "2027-02-07", "2027-02-08"]),
        ("2027-02-06\n2027-02-10", ["2027-02-06", "2027-02-10"]),
        ("10月1日、2日、3日", ["2027-10-01", "2027-10-02", "2027-10-03"]),
        ("4月30日至5月2日放假", ["2027-04-30", "2027-05-01", "2027-05-02"]),
        ("1月1日—2日放假，共2天", ["2027-01-01", "2027-01-02"]),
        (
            "元旦：2026年12月31日至2027年1月2日放假调休",
            ["2026-12-31", "2027-01-01", "2027-01-02"],
        ),
        ("1月2日（星期六）补休", ["2027-01-02"]),
        ("清明节：不放假", []),
        ("", []),
    ],
)
def test_days_are_read(text, named):
    assert rules.read_days(text, 2027) == days(*named)


def test_a_whole_notice_is_read_twice():
    off = rules.read_days(NOTICE, 2026, without=NO_DAY_OFF)
    assert len(off) == 3 + 9 + 3
    assert rules.read_days(NOTICE, 2026, without=NO_WORK) == days(
        "2026-01-04", "2026-02-14", "2026-02-28"
    )


@pytest.mark.parametrize(
    "text",
    ["2月30日", "13月1日", "1日", "5月3日至1日", "2027-02-31", "2月5", "八天 8", "1月1日至10月1日"],
)
def test_what_is_no_day_is_named(text):
    with pytest.raises(rules.Unreadable) as caught:
        rules.read_days(text, 2027)
    assert text in caught.value.messages[0]
