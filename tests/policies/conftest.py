import pytest


@pytest.fixture(autouse=True)
def _one_factor(settings):
    """The tests here log in by password; tests/config has the second factor."""
    settings.REQUIRE_SECOND_FACTOR = False
