from datetime import timedelta

import pytest

from outbox.rules import group_size, pause_after


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 2), (2, 4), (5, 32), (11, 2048), (12, 3600), (10_000, 3600)]
)
def test_the_pause_doubles_up_to_an_hour(attempts, seconds):
    assert pause_after(attempts) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("attempts", "size"), [(0, 500), (1, 50), (2, 5), (3, 1), (99, 1)])
def test_a_group_that_failed_is_tried_again_in_smaller_ones(attempts, size):
    assert group_size(attempts) == size
