"""Document numbers (文号) as comparable keys, whatever way they were typed.

The form 国发〔2020〕1号 is fixed by GB/T 9704-2012, 7.2.5: sender's code, year in hexagonal
brackets, serial number without leading zeros. Readers and older documents write it in many
other ways, and orders (令) are numbered by sender, with or without a year.
"""

import re
import unicodedata
from collections.abc import Iterator

from legaltext.numerals import to_int
from legaltext.simplified import to_simplified

_OPEN, _CLOSE = r"[\[(〔【〖<「{]", r"[\])〕】〗>」}]"
_DIGITS = "0-9〇○零一二三四五六七八九十百千两"
_HAN = r"[\u3400-\u9fff]"
_YEAR = r"(?:[12]\d{3}|[一二][〇○零一二三四五六七八九]{3})"
_SENDER = rf"(?P<sender>{_HAN}{{1,40}}?)"
_SERIAL = rf"第?\s*(?P<serial>[{_DIGITS}]{{1,9}})(?![{_DIGITS}])\s*号?"
_BRACKETED = rf"{_OPEN}\s*(?P<year>{_YEAR})\s*年?\s*{_CLOSE}?"
_PLAIN = rf"(?P<year2>{_YEAR})\s*年?\s*{_CLOSE}?"
_WITH_YEAR = re.compile(
    rf"(?<!{_HAN}){_SENDER}\s*字?\s*(?:{_BRACKETED}|{_PLAIN})\s*[-—]?\s*字?\s*{_SERIAL}"
)
_ORDER = re.compile(rf"(?<!{_HAN}){_SENDER}令\s*{_SERIAL}(?!\s*年)")
_LEAD_IN = re.compile(
    r"^(?:请问|查询|查找|查看|查|找|关于|根据|依据|依照|按照|参照|参见|见|和|及|与|的)+"
)
_FULL_SENDER = re.compile(
    rf"^{_HAN}{{2,}}?(?:委员会|法院|检察院|政府|部|局|署)(?=(?!公告|通告){_HAN}{{2,}}$)"
)


def keys(text: str) -> tuple[str, ...]:
    """The keys of all document numbers found in `text`, without duplicates, in order.

    `国发〔2020〕1号` gives `国发|2020|1`; an order gives `令|国务院|228`, and an order with a
    year gives both `令|交通运输部|2020|3` and `令|交通运输部|3`, because the year is often left
    out. Two spellings of one number share a key. Text without a number gives an empty tuple.
    """
    plain = to_simplified(unicodedata.normalize("NFKC", text))
    return tuple(dict.fromkeys(_keys(plain)))


def _keys(text: str) -> Iterator[str]:
    for match in _WITH_YEAR.finditer(text):
        year = _year(match["year"] or match["year2"])
        serial = _serial(match["serial"])
        sender = _LEAD_IN.sub("", match["sender"])
        if serial is None or not sender:
            continue
        if sender.endswith("令"):
            yield from (f"{order}|{year}|{serial}" for order in _orders(sender[:-1]))
            yield from (f"{order}|{serial}" for order in _orders(sender[:-1]))
            continue
        sender = sender.removesuffix("字")
        yield f"{sender}|{year}|{serial}"
        # 交通部交基发〔1995〕97号 is also quoted by its code alone, 交基发〔1995〕97号.
        code = _FULL_SENDER.sub("", sender)
        if code != sender:
            yield f"{code}|{year}|{serial}"
    for match in _ORDER.finditer(text):
        serial = _serial(match["serial"])
        if serial is not None:
            yield from (f"{order}|{serial}" for order in _orders(match["sender"]))


def _orders(sender: str) -> Iterator[str]:
    sender = _LEAD_IN.sub("", sender).removeprefix("中华人民共和国")
    if sender:
        yield f"令|{re.sub('部部$', '部', sender)}"


def _serial(text: str) -> int | None:
    try:
        return to_int(text)
    except ValueError:
        return None


def _year(text: str) -> str:
    digits = str.maketrans("〇○零一二三四五六七八九", "000123456789")
    return text.translate(digits)
