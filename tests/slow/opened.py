"""A consultation that takes comments now, whatever day it is."""

from datetime import timedelta

from django.utils import timezone

from consultations.models import Announcement
from tests import factories
from tests.clock import standing_at
from workdays import services as workdays


def announced_yesterday(of: factories.Team | None = None) -> Announcement:
    """One without changes; the years that the State Council has not announced are made up."""
    now = timezone.now()
    for year in (now.year, now.year + 1):
        workdays.announce_sample_year(year, now=now)
    with standing_at(now - timedelta(days=1)):
        return factories.announce(of)
