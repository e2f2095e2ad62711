"""How patiently a message is tried again."""

from datetime import timedelta

LONGEST_PAUSE = timedelta(hours=1)
GROUP_SIZES = (500, 50, 5, 1)


def pause_after(attempts: int) -> timedelta:
    """How long a message rests after it failed for the `attempts`th time: 2 s, 4 s, 8 s … 1 h."""
    return min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_PAUSE)


def group_size(attempts: int) -> int:
    """How many messages that failed `attempts` times go to a batch handler in one call.

    A call fails as a whole, so a group that failed is tried again in smaller ones, at last one by
    one: then only the message that is at fault stays behind.
    """
    return GROUP_SIZES[min(attempts, len(GROUP_SIZES) - 1)]
