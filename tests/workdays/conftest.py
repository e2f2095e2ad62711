import pytest

from workdays import services


@pytest.fixture(autouse=True)
def _one_factor(settings):
    """The tests here log in by password; tests/config has the second factor."""
    settings.REQUIRE_SECOND_FACTOR = False


@pytest.fixture
def listening():
    """What the listeners of the calendar hear, while the test runs."""
    heard = []

    def listener(change):
        heard.append(change)
        return [services.Touched("《排水管理办法》", "/consultations/drain/", "太早")]

    services.on_change(listener)
    yield heard
    services._listeners.remove(listener)
