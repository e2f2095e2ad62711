"""Another process is a real one: it holds the lock until its standard input is closed."""

import subprocess
import sys
import threading
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import connection, transaction

from outbox import lock, services, tasks
from outbox.models import Message

from .conftest import NOW

pytestmark = pytest.mark.django_db

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process_consumes(var):
    command = [sys.executable, "-c", HOLD, str(var / "outbox.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        yield
        process.stdin.close()


def letter():
    services.enqueue("letter", {"n": 1}, now=NOW)


def test_one_process_consumes(tmp_path):
    with another_process_consumes(tmp_path), lock.consuming() as ours:
        assert not ours
    with lock.consuming() as ours:
        assert ours


def test_a_command_gives_the_lock_back_and_a_server_keeps_it(tmp_path):
    with lock.consuming():
        pass
    with another_process_consumes(tmp_path):
        pass
    with lock.consuming(keep=True):
        pass
    with lock.consuming() as ours:
        assert ours
    assert lock._descriptor is not None


def test_with_a_broker_and_a_search_cluster_every_process_consumes(settings, tmp_path):
    settings.EMBEDDED_QUEUE = False
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:9200"]
    with another_process_consumes(tmp_path), lock.consuming() as ours:
        assert ours


def test_with_a_broker_and_the_embedded_index_one_process_consumes(settings, tmp_path):
    settings.EMBEDDED_QUEUE = False
    settings.ELASTICSEARCH_URL = []
    with another_process_consumes(tmp_path), lock.consuming() as ours:
        assert not ours


@pytest.mark.django_db
def test_the_task_delivers_unless_another_process_does(post, tmp_path):
    letter()
    with another_process_consumes(tmp_path):
        assert tasks.deliver() == 0
    assert tasks.deliver() == 1


@pytest.mark.django_db
def test_a_command_delivers_where_no_server_runs(post):
    letter()
    assert services.wait_or_drain(timeout=0)
    assert post.calls == [[1]]
    with lock.consuming() as ours:
        assert ours


@pytest.mark.django_db
def test_a_command_gives_up_waiting_after_its_timeout(post, tmp_path):
    letter()
    with another_process_consumes(tmp_path):
        assert not services.wait_or_drain(timeout=0.2)
    assert post.calls == []


@pytest.mark.django_db
def test_a_command_does_not_wait_for_what_fails(post):
    post.down = True
    letter()
    assert not services.wait_or_drain(timeout=60)


@pytest.mark.django_db
def test_an_empty_outbox_needs_no_waiting(tmp_path):
    with another_process_consumes(tmp_path):
        assert services.wait_or_drain(timeout=60)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_command_waits_until_the_server_has_delivered(post, tmp_path):
    def serve():
        services.deliver(NOW)
        connection.close()

    Message.objects.create(topic="letter", payload={"n": 1}, created_at=NOW, available_at=NOW)
    with another_process_consumes(tmp_path):
        server = threading.Thread(target=serve)
        server.start()
        assert services.wait_or_drain(timeout=30)
        server.join()
    assert post.calls == [[1]]


def test_who_takes_the_lock_makes_due_what_the_dead_consumer_had_claimed():
    with transaction.atomic():
        services.enqueue("mail.send", {}, now=NOW)
    Message.objects.update(claim=uuid4(), available_at=NOW + services.LEASE)
    with lock.consuming() as ours:
        assert ours
        assert Message.objects.due(NOW).count() == 1
