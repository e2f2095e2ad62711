"""How the site is served: threads in one process by default, several with Redis behind them."""

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
if settings.PROXY_COUNT:
    forwarded_allow_ips = "*"


def on_starting(server: "Arbiter") -> None:
    """A production start with a dangerous or missing setting is refused, and says which."""
    import django

    django.setup()
    from config.checks import refuse_unsafe_start
    from config.lock import ServerRunsError, hold_server_lock

    refuse_unsafe_start()
    if settings.EMBEDDED_QUEUE:
        try:
            hold_server_lock()
        except ServerRunsError as error:
            sys.exit(str(error))


def post_worker_init(worker: "Worker") -> None:
    if settings.EMBEDDED_QUEUE:
        from config import embedded

        embedded.start()
    if settings.DEMO:
        welcome()


def worker_exit(server: "Arbiter", worker: "Worker") -> None:
    from config import embedded

    embedded.stop()


def welcome() -> None:
    """Where the demo is, and who may log in."""
    from demo.accounts import lines

    print(f"\nGongkai is at {settings.PUBLIC_URL} (Ctrl-C stops it)")
    print(f"Editors log in at {settings.PUBLIC_URL}/admin/", *lines(), sep="\n", flush=True)
