"""The Chinese admin has no English left in it: what Wagtail's catalogue lacks, ours has."""

import re
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.conf import settings

from tests import factories as make

OURS = Path(settings.ROOT) / "site/config/wagtail_words/zh_Hans/LC_MESSAGES"
WAGTAIL = [
    Path(app.path) / "locale" for app in apps.get_app_configs() if app.name.startswith("wagtail")
]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def untranslated(domain: str) -> dict[str, polib.POEntry]:
    """What the installed Wagtail says in English to a Chinese editor."""
    found = {}
    for folder in WAGTAIL:
        english = folder / "en/LC_MESSAGES" / f"{domain}.po"
        if not english.exists():
            continue
        chinese = polib.pofile(str(folder / "zh_Hans/LC_MESSAGES" / f"{domain}.po"))
        known = {(entry.msgctxt, entry.msgid) for entry in chinese if entry.translated()}
        for entry in polib.pofile(str(english)):
            if not entry.obsolete and (entry.msgctxt, entry.msgid) not in known:
                found[entry.msgid] = entry
    return found


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_our_words_are_exactly_those_that_wagtail_lacks(domain):
    ours = polib.pofile(str(OURS / f"{domain}.po"))
    assert {entry.msgid for entry in ours} == untranslated(domain).keys()


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_our_words_are_whole_and_keep_the_placeholders(domain):
    for entry in polib.pofile(str(OURS / f"{domain}.po")):
        assert entry.translated(), entry.msgid
        words = entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr
        expected = [
            sorted(PLACEHOLDER.findall(source)) for source in (entry.msgid, entry.msgid_plural)
        ]
        assert sorted(PLACEHOLDER.findall(words)) in expected, entry.msgid


@pytest.mark.django_db
def test_the_start_page_of_a_chinese_editor_is_chinese(client, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    client.force_login(make.team().drafter)
    page = client.get("/admin/").content.decode()
    assert "搜索所有页面…" in page
    assert "Search all pages" not in page
    assert "个页面" in page
