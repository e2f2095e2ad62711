import pytest

from tests import factories
from tests.clock import at, standing_at

FRIDAY = at("2026-02-13", "10:00")
"""The last working day but one before the Spring Festival: Saturday is a make-up day."""


@pytest.fixture(autouse=True)
def _one_factor(settings):
    """The tests here log in by password; tests/config has the second factor."""
    settings.REQUIRE_SECOND_FACTOR = False


@pytest.fixture
def team():
    return factories.team()


@pytest.fixture
def announcement(team):
    """Announced on Friday, 13 February 2026; it closes at 24:00 of 27 February."""
    with standing_at(FRIDAY):
        return factories.announce(team)
