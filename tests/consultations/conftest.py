from copy import deepcopy

import pytest

from tests import factories
from tests.clock import at, standing_at
from tests.shelf import held

FRIDAY = at("2026-02-13", "10:00")
"""The last working day but one before the Spring Festival: Saturday is a make-up day."""


@pytest.fixture(autouse=True)
def _one_factor(settings):
    """The tests here log in by password; tests/config has the second factor."""
    settings.REQUIRE_SECOND_FACTOR = False


@pytest.fixture(scope="module")
def announced_once(django_db_setup, django_db_blocker, tmp_path_factory):
    """The team and its announcement, for a module whose every test has them.

    Such a module asks for it in its `pytestmark`; elsewhere each test makes its own.
    """
    with django_db_blocker.unblock(), held(tmp_path_factory.mktemp("search")):
        team = factories.team()
        with standing_at(FRIDAY):
            announcement = factories.announce(team)
        yield team, announcement


@pytest.fixture
def team(request):
    if "announced_once" in request.fixturenames:
        return deepcopy(request.getfixturevalue("announced_once")[0])
    return factories.team()


@pytest.fixture
def announcement(request, team):
    """Announced on Friday, 13 February 2026; it closes at 24:00 of 27 February."""
    if "announced_once" in request.fixturenames:
        return deepcopy(request.getfixturevalue("announced_once")[1])
    with standing_at(FRIDAY):
        return factories.announce(team)
