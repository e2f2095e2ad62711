"""WCAG 2.2 AA by axe: every kind of page, in three languages, narrow and wide, light and dark."""

import pytest

from tests.browser.kinds import KINDS
from tests.browser.reader import LANGUAGES, Reader

DISPLAYS = [(width, dark) for width in (320, 1280) for dark in (False, True)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_has_no_fault_against_wcag(reader: Reader, kind: str, language: str) -> None:
    reader.open(kind, language)
    faults = []
    for width, dark in DISPLAYS:
        reader.look(width, dark=dark)
        name = f"{width} px, {'dark' if dark else 'light'}"
        faults += [f"{name}: {fault}" for fault in reader.faults()]
        faults += [f"{name}: {fault}" for fault in reader.hidden_to_the_side()]
    assert not faults, "\n".join(faults)
