"""Pure helpers of the page frame: languages, colour scheme, phrase ends. No database, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.conf import settings

from multilingual.languages import CODES, LANGUAGES, SOURCE, language_tag

RIGHT_TO_LEFT = frozenset({"ar"})
COUNTRIES = {"zh": "CN", "en": "US", "ko": "KR", "ja": "JP"}  # others are named like the language

HAN = re.compile(r"[\u3400-\u9fff]")

THEME_COOKIE = settings.THEME_COOKIE
THEMES = ("light", "dark")


@dataclass(frozen=True)
class LanguageLink:
    """One language's entry in the language bar: the same page, in that language."""

    code: str
    tag: str
    name: str
    url: str
    direction: str
    current: bool


def direction(code: str) -> str:
    """The writing direction of a language code: ``rtl`` or ``ltr``."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def open_graph_locale(code: str) -> str:
    """A language code as Open Graph writes it, with a country: ``zh_CN``, ``en_US``."""
    head = code.partition("-")[0]
    return f"{head}_{COUNTRIES.get(head, head.upper())}"


def localized_path(path: str, code: str) -> str:
    """The address of the same page in another language, query string and fragment kept.

    ``path`` is root-relative, with or without a language prefix. Chinese has no prefix.
    """
    first, separator, rest = path.removeprefix("/").partition("/")
    bare = f"/{rest}" if separator and first in CODES else path
    return bare if code == SOURCE else f"/{code}{bare}"


def language_links(path: str, current: str) -> list[LanguageLink]:
    """The nine links of the language bar for the page at ``path``."""
    return [
        LanguageLink(
            code=code,
            tag=language_tag(code),
            name=name,
            url=localized_path(path, code),
            direction=direction(code),
            current=code == current,
        )
        for code, name in LANGUAGES
    ]


def chosen_theme(cookie: str | None) -> str:
    """The colour scheme a reader chose, or an empty string: then the system decides."""
    return cookie if cookie in THEMES else ""


_PHRASE_ENDS = re.compile(
    r"(?<=关于)|(?<=人民政府)|(?<=委员会)|(?<=办公厅)|(?<=办公室)|(?<=人民共和国)"
    r"|(?<=[市省县区])(?=[^、，。：；）》内域级民政])"
    r"|(?<=[、，：；）》])|(?=[（《〔])"
    r"|(?=管理办法|管理规定|管理条例|实施办法|实施细则|实施意见|实施方案|若干措施|若干意见|若干规定"
    r"|暂行办法|暂行规定|指导意见|工作方案|补贴|行动计划)"
    r"|(?<=的)(?=通知|决定|意见|公告|批复|通告|函|规定|解释)"
)


def phrases(title: str) -> list[str]:
    """A Chinese title cut where a line may end, so that no word is torn apart.

    The pieces joined give the title back. No piece is a single character, and brackets and
    commas stay with the phrase they belong to.
    """
    pieces: list[str] = []
    for piece in _PHRASE_ENDS.split(title):
        if pieces and (len(piece) < 2 or len(pieces[-1]) < 2):
            pieces[-1] += piece
        elif piece:
            pieces.append(piece)
    return pieces
