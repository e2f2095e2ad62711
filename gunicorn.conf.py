"""How the site is served: threads in one process by default, several with Redis behind them."""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.base import Worker

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "site"), str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import settings  # noqa: E402 - needs the path above

chdir = str(ROOT)
pythonpath = "site"
wsgi_app = "config.wsgi"
bind = f"{settings.BIND}:{settings.PORT}"
worker_class = "gthread"
workers = settings.WEB_CONCURRENCY
threads = settings.WEB_THREADS
loglevel = "warning"
control_socket_disable = True
# A question of any length is answered; a proxy in front limits the address as it likes.
limit_request_line = 0
if settings.PROXY_COUNT:
    forwarded_allow_ips = "*"


def on_starting(server: "Arbiter") -> None:
    """A production start with a dangerous or missing setting is refused, and says which."""
    if not (settings.DEMO or settings.DEBUG):
        import django

        django.setup()
        from config.checks import refuse_unsafe_start

        refuse_unsafe_start()
    if settings.EMBEDDED_QUEUE:
        from config.lock import ServerRunsError, hold_server_lock

        try:
            hold_server_lock()
        except ServerRunsError as error:
            sys.exit(str(error))


def post_worker_init(worker: "Worker") -> None:
    # What is loaded by now stays: the collector need not look through it in the middle of a page.
    gc.collect()
    gc.freeze()
    if settings.EMBEDDED_QUEUE:
        from config import embedded

        embedded.start()
    if settings.DEMO:
        welcome()


def worker_exit(server: "Arbiter", worker: "Worker") -> None:
    from config import embedded

    embedded.stop()


def welcome() -> None:
    """Where the demo is, and who may log in: one of each role."""
    from demo import desk, services

    people = {person["role"]: person for person in reversed(desk.read("people.json"))}
    lines = [
        "",
        f"Gongkai is at {settings.PUBLIC_URL} (Ctrl-C stops it)",
        f"Editors log in at {settings.PUBLIC_URL}/admin/ with the password {services.PASSWORD}:",
        *(f"  {p['username']:<20}{p['role']:<16}{p['organisation']}" for p in people.values()),
        "The login page lists everybody.",
    ]
    print(*lines, sep="\n", flush=True)
