"""The queue inside the server process."""

import threading
from collections.abc import Iterator

import pytest
from celery import shared_task
from django.conf import settings

from config import embedded
from config.celery import app

done = threading.Event()


@shared_task(name="tests.config.ring")
def ring() -> None:
    done.set()


@pytest.fixture
def queue() -> Iterator[None]:
    embedded.start()
    yield
    embedded.stop()


def test_the_embedded_worker_does_what_is_asked_and_stops(queue):
    worker = embedded.running
    assert worker is not None
    ring.delay()
    assert done.wait(10)
    assert worker.alive()
    embedded.stop()
    worker.thread.join(10)
    assert not worker.alive()


def test_every_entry_of_the_beat_names_a_task():
    app.loader.import_default_modules()
    entries = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert entries <= set(app.tasks)


def test_it_is_started_once_in_a_process(queue):
    worker = embedded.running
    embedded.start()
    assert embedded.running is worker
