"""Chinese numerals, both ways: 一百二十三 is 123, and 123 is 一百二十三.

`NUMERALS` holds every character that may stand in a number, for use inside a regular
expression's brackets.
"""

from __future__ import annotations

_DIGITS = {
    **{char: value for value, char in enumerate("零一二三四五六七八九")},
    **{char: value for value, char in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    **{char: value for value, char in enumerate("○壹貳參肆伍陸柒捌玖")},
    **{char: value for value, char in enumerate("0123456789")},
    **{char: value for value, char in enumerate("０１２３４５６７８９")},
    "两": 2,
    "兩": 2,
}
_SHORT_TENS = {"廿": 20, "卅": 30, "卌": 40}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GROUPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

NUMERALS = "".join([*_DIGITS, *_SHORT_TENS, *_UNITS, *_GROUPS])
LIMIT = 10**12


def to_int(numeral: str) -> int:
    """The integer that a numeral stands for.

    Takes Chinese numerals with or without units (一百零五, 十二, 廿三, 二〇二四, 两千), the formal
    digits (壹贰叁), Traditional forms, ASCII and full-width digits, and mixtures of them (3万);
    whitespace inside is ignored. Raises ValueError for anything else, the empty string included.
    """
    chars = "".join(numeral.split())
    if not chars:
        raise ValueError("an empty numeral")
    if all(char in _DIGITS for char in chars):
        return int("".join(str(_DIGITS[char]) for char in chars))
    total = group = 0
    pending: int | None = None
    for char in chars:
        if char in _DIGITS:
            pending = (pending or 0) * 10 + _DIGITS[char]
        elif char in _SHORT_TENS:
            group += _SHORT_TENS[char]
        elif char in _UNITS:
            # 零十 is not written; 一百零十 is, and means one hundred and ten.
            group += (pending or 1) * _UNITS[char]
            pending = None
        elif char in _GROUPS:
            below = group + (pending or 0)
            # 一万亿: what stands before 亿 is multiplied as a whole, 万 only its own group.
            if _GROUPS[char] == 10**8:
                total = (total + below or 1) * 10**8
            else:
                total += (below or 1) * 10**4
            group, pending = 0, None
        else:
            raise ValueError(f"not a numeral: {numeral!r}")
    return total + group + (pending or 0)


def to_chinese(number: int) -> str:
    """The number in Chinese as laws write it: 12 is 十二, 105 is 一百零五, 110 is 一百一十.

    Raises ValueError for a negative number or one of 10**12 and above.
    """
    if not 0 <= number < LIMIT:
        raise ValueError(f"out of range: {number}")
    if number == 0:
        return "零"
    written = ""
    gap = False
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        group, number = divmod(number, size)
        if group:
            written += ("零" if written and (gap or group < 1000) else "") + _group(group) + unit
            gap = False
        else:
            gap = bool(written)
    return written[1:] if written.startswith("一十") else written


def _group(number: int) -> str:
    written = ""
    gap = False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            written += ("零" if gap else "") + "零一二三四五六七八九"[digit] + unit
            gap = False
        else:
            gap = bool(written)
    return written
