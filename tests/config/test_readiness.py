"""`/healthz` says the process lives; `/readyz` says what does not work."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from config import readiness
from guards import services
from search.services import rebuild


@pytest.fixture
def _index(db):
    """The index of an empty site."""
    rebuild()


def test_healthz_asks_nothing_of_the_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.usefixtures("_index")
def test_readyz_names_every_check_when_all_works(client):
    response = client.get("/readyz")
    assert response.json() == {"status": "ok", "checks": dict.fromkeys(readiness.PROBES, "ok")}
    assert response.status_code == 200
    assert list(readiness.PROBES) == ["database", "migrations", "triggers", "queue", "search"]


def breaks() -> str:
    raise ConnectionRefusedError("nobody listens")


@pytest.mark.usefixtures("_index")
@pytest.mark.parametrize("name", list(readiness.PROBES))
def test_readyz_names_what_fails(client, monkeypatch, name):
    monkeypatch.setitem(readiness.PROBES, name, breaks)
    response = client.get("/readyz")
    assert response.status_code == 503
    body = response.json()
    assert body["status"] == "failing"
    assert body["checks"][name] == "ConnectionRefusedError: nobody listens"
    assert [n for n, state in body["checks"].items() if state != "ok"] == [name]


def test_a_migration_that_is_not_applied_is_named(db):
    MigrationRecorder.Migration.objects.filter(app="policies").delete()
    assert "policies" in readiness.migrations()


def test_a_missing_trigger_is_named(db):

    services.remove(connection)
    assert readiness.triggers().startswith("missing: ")
