"""What must work before the site takes requests. Each probe returns why it fails, or nothing."""

import urllib.request
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from config import embedded
from config.celery import app
from guards import services as guards
from outbox import services as outbox
from search import services as index

Probe = Callable[[], str]
SECONDS = 3
STALLED = timedelta(minutes=10)


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return ""
    return f"{len(plan)} are not applied, the first is {plan[0][0]}"


def triggers() -> str:
    names = guards.missing(connection)
    return f"missing: {', '.join(names)}; `manage.py migrate` installs them" if names else ""


def broker() -> str:
    """Redis answers; the embedded queue has nothing to reach."""
    if settings.EMBEDDED_QUEUE:
        return ""
    with app.connection_for_write(connect_timeout=SECONDS) as link:
        link.ensure_connection(max_retries=1, timeout=SECONDS)
    return ""


def queue() -> str:
    """The broker answers, the embedded threads still run, and effects do not pile up."""
    if embedded.running is not None and not embedded.running.alive():
        return "the embedded worker has stopped; restart the server"
    backlog = outbox.backlog(timezone.now())
    # What fails again and again (a mail server that is down) must not take the pages offline.
    if backlog.waiting > backlog.failing and backlog.oldest > STALLED:
        return f"{backlog.waiting} effects wait in the outbox, the oldest for {backlog.oldest}"
    return broker()


def search() -> str:
    """The index can be asked."""
    index.engine().check()
    return ""


def search_cluster() -> str:
    """One of the cluster's hosts answers."""
    reason = ""
    for host in settings.ELASTICSEARCH_URL:
        try:
            address = f"{host}/_cluster/health"  # http(s), as the setting is checked
            with urllib.request.urlopen(address, timeout=SECONDS):  # noqa: S310
                return ""
        except OSError as error:
            reason = f"{host}: {error}"
    return reason


PROBES: dict[str, Probe] = {
    "database": database,
    "migrations": migrations,
    "triggers": triggers,
    "queue": queue,
    "search": search,
}


def run(probe: Probe) -> str:
    """The probe's reason; a probe that breaks is one that fails."""
    try:
        return probe()
    except Exception as error:  # noqa: BLE001 - whatever breaks here is what to tell
        return f"{type(error).__name__}: {error}"


def probe_all() -> dict[str, str]:
    """Every probe's name with the reason it fails, empty where it works."""
    return {name: run(probe) for name, probe in PROBES.items()}
