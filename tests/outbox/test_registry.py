import pytest
from django.core.exceptions import ImproperlyConfigured

from outbox import registry

from .conftest import NOW


@pytest.fixture(autouse=True)
def _cleanup():
    yield
    registry.unregister("bell.ring")


def test_a_topic_has_one_handler():
    @registry.handler("bell.ring")
    def ring(payload, now): ...

    registry.handler("bell.ring")(ring)
    with pytest.raises(ImproperlyConfigured, match=r"bell\.ring has two handlers"):

        @registry.handler("bell.ring", batch=True)
        def ring_again(payloads, now): ...


def test_a_handler_remains_a_plain_function():
    rung = []

    @registry.handler("bell.ring")
    def ring(payload, now):
        rung.append((payload, now))

    ring({"n": 1}, NOW)
    registry.call("bell.ring", [{"n": 2}], NOW)
    assert rung == [({"n": 1}, NOW), ({"n": 2}, NOW)]


def test_a_topic_without_a_handler_says_so():
    with pytest.raises(registry.NoHandlerError, match=r"bell\.ring"):
        registry.call("bell.ring", [{}], NOW)
