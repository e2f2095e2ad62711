"""The embedded queue: one Celery worker thread and the beat inside the one server process.

Nothing is lost with the process: effects are rows of the outbox, which the beat sweeps.
"""

import threading

from celery import signals
from celery.beat import EmbeddedService
from celery.worker import WorkController
from django.db import close_old_connections

from config.celery import app


class EmbeddedQueue:
    """Started once in the server process, stopped when it ends."""

    def __init__(self) -> None:
        # `app.Worker` in a thread never drains its queue; the bare controller does.
        self.worker = WorkController(
            app=app,
            hostname="embedded@localhost",
            pool_cls="solo",
            concurrency=1,
            loglevel="WARNING",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        self.thread = threading.Thread(target=self.worker.start, name="celery", daemon=True)
        self.beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")

    def start(self) -> None:
        signals.task_prerun.connect(_fresh_connections)
        signals.task_postrun.connect(_fresh_connections)
        self.thread.start()
        self.beat.start()

    def alive(self) -> bool:
        return self.thread.is_alive() and self.beat.is_alive()

    def stop(self) -> None:
        self.beat.stop()
        self.worker.stop()


running: EmbeddedQueue | None = None


def start() -> None:
    """Starts the queue of this process, once."""
    global running  # noqa: PLW0603 - there is one queue in a process
    if running is None:
        running = EmbeddedQueue()
        running.start()


def stop() -> None:
    """Lets the task at hand finish."""
    global running  # noqa: PLW0603
    if running is not None:
        running.stop()
        running = None


def _fresh_connections(**_signal: object) -> None:
    close_old_connections()
