"""What a production start must have; `manage.py check --deploy` names the variable at fault."""

import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connections
from django.http.request import validate_host

from config import readiness
from uploads import scanning


@checks.register(checks.Tags.security, deploy=True)
def production_settings(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Settings that are fit for a demo, never for the public."""
    rules = [
        (
            settings.SECRET_KEY_IS_GENERATED,
            "SECRET_KEY is not set: each server would make its own, kept beside the database.",
            "Set SECRET_KEY to a random text of 50 characters or more.",
            "E001",
        ),
        (
            settings.PERSONAL_DATA_KEYS_ARE_DERIVED,
            "PERSONAL_DATA_KEYS is not set: contact data would be encrypted with SECRET_KEY.",
            "Set PERSONAL_DATA_KEYS to a random text of 50 characters or more.",
            "E009",
        ),
        (
            settings.DEBUG,
            "DEBUG is on: errors would show settings and data.",
            "Unset DEBUG.",
            "E002",
        ),
        (
            settings.EMBEDDED_QUEUE and settings.WEB_CONCURRENCY > 1,
            "WEB_CONCURRENCY is more than 1 while CELERY_BROKER_URL is memory://.",
            "Set WEB_CONCURRENCY=1, or CELERY_BROKER_URL and CACHE_URL to a Redis server.",
            "E003",
        ),
        (
            settings.WEB_CONCURRENCY > 1 and "locmem" in settings.CACHES["default"]["BACKEND"],
            "WEB_CONCURRENCY is more than 1 while CACHE_URL is local memory: pages stay stale.",
            "Set WEB_CONCURRENCY=1, or CACHE_URL to a Redis server.",
            "E004",
        ),
        (
            settings.HTTPS and settings.PROXY_COUNT == 0,
            "PUBLIC_URL is https while PROXY_COUNT is 0: this server itself speaks no TLS.",
            "Put a proxy with TLS in front and set PROXY_COUNT to the number of proxies.",
            "E007",
        ),
        (
            not validate_host(urlsplit(settings.PUBLIC_URL).hostname or "", settings.ALLOWED_HOSTS),
            "ALLOWED_HOSTS lacks the host of PUBLIC_URL: the site would answer 400.",
            "Add the host of PUBLIC_URL to ALLOWED_HOSTS.",
            "E008",
        ),
        (
            settings.DEMO,
            "DEMO is on: demo accounts are shown to everybody.",
            "Unset DEMO.",
            "E005",
        ),
        (
            not settings.REQUIRE_SECOND_FACTOR,
            "REQUIRE_SECOND_FACTOR is off: a password alone opens the editor.",
            "Unset REQUIRE_SECOND_FACTOR.",
            "E006",
        ),
    ]
    return [
        checks.Error(text, hint=hint, id=f"config.{number}")
        for broken, text, hint, number in rules
        if broken
    ]


@checks.register(checks.Tags.security, deploy=True)
def reachable_services(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Each service that the environment names answers."""
    services = {
        "DATABASE_URL": readiness.database,
        "CACHE_URL": _cache_answers,
        "CELERY_BROKER_URL": readiness.broker,
        "ELASTICSEARCH_URL": readiness.search_cluster,
        "CLAMAV_URL": scanning.probe,
    }
    found: list[checks.CheckMessage] = []
    for name, probe in services.items():
        reason = readiness.run(probe)
        if reason:
            found.append(
                checks.Error(
                    f"{name}: the service does not answer ({reason}).",
                    hint=f"Start it, or correct {name}.",
                    id="config.E010",
                )
            )
    return found


def refuse_unsafe_start() -> None:
    """Ends the process, with the reasons, where a production start would be refused."""
    try:
        call_command("check", deploy=True, stdout=sys.stderr)
    except SystemCheckError as error:
        sys.exit(str(error))
    finally:
        connections.close_all()  # the server's processes open their own


def _cache_answers() -> str:
    cache.set("readiness", "ok", 5)
    return "" if cache.get("readiness") == "ok" else "what was written is not read back"
