import threading

import pytest
from django.db import transaction

from freshness import services
from freshness.models import ContentVersion
from tests.concurrency import at_once


@pytest.mark.django_db
def test_the_version_grows_even_where_its_row_is_missing():
    ContentVersion.objects.all().delete()
    assert services.current() == 0
    services.bump()
    services.bump()
    assert services.current() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_changes_at_the_same_moment_each_get_a_number_of_their_own():
    services.bump()
    before = services.current()
    assert at_once(*[services.bump] * 8) == [None] * 8
    assert services.current() == before + 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_change_counts_when_it_is_committed_and_the_next_one_waits_for_it():
    services.bump()
    before = services.current()
    bumped, committed = threading.Event(), threading.Event()
    seen: list[object] = []

    def change():
        with transaction.atomic():
            services.bump()
            bumped.set()
            seen.append(looked.wait(10))
        committed.set()

    looked = threading.Event()

    def look():
        bumped.wait(10)
        seen.append(services.current())
        looked.set()
        committed.wait(10)
        seen.append(services.current())

    assert at_once(change, look) == [None, None]
    assert seen == [before, True, before + 1]
