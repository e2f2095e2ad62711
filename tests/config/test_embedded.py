"""The queue inside the server process."""

import threading
from collections.abc import Iterator

import pytest
from celery import shared_task

from config import embedded

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


def test_it_is_started_once_in_a_process(queue):
    worker = embedded.running
    embedded.start()
    assert embedded.running is worker
