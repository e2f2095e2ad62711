"""The frame of the pages: its parts are kept, and never the wrong ones."""

import re

import pytest

from portal.models import PortalSettings

pytestmark = pytest.mark.django_db(transaction=True)

CATALOGUE, INTERPRETATIONS = "/policies/catalogue/", "/policies/interpretations/"
PAGES = [CATALOGUE, INTERPRETATIONS, f"/en{CATALOGUE}", f"/en{INTERPRETATIONS}", f"/ar{CATALOGUE}"]


def filing(client, page):
    return re.findall(r"澜ICP备\d+号", client.get(page).content.decode())


def test_the_footer_of_every_language_says_what_the_settings_say_now(client):
    for number in ("澜ICP备00000001号", "澜ICP备00000002号"):
        settings = PortalSettings.load()
        settings.icp_number = number
        settings.save()
        for page in PAGES * 2:
            assert filing(client, page) == [number], page


@pytest.mark.parametrize("page", PAGES)
def test_navigation_names_the_section_of_its_page_in_its_language(client, page):
    for other in PAGES:
        client.get(other)
    text = client.get(f"{page}?again").content.decode()
    navigation = text[text.index('<nav class="gk-nav"') :]
    navigation = navigation[: navigation.index("</nav>")]
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', navigation) == [page]
