"""Consultations among the results of a search."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from consultations import search
from consultations.presenters import words
from multilingual.languages import SOURCE
from multilingual.words import marked
from search.services import SearchResult


@dataclass(frozen=True)
class ResultLine:
    """A found consultation; its status is that of the moment it is shown."""

    url: str
    title: SafeString
    snippet: SafeString
    badge: SafeString
    authorities: SafeString
    closes: SafeString


def lines(found: SearchResult, language: str, now: datetime.datetime) -> Sequence[ResultLine]:
    """Give the results of a search for consultations as lines of a list."""
    return [
        ResultLine(
            url=item.object.announcement.get_absolute_url(),
            title=item.title
            if item.object.headline_in(language)
            else marked(item.title, SOURCE, language),
            snippet=item.snippet,
            badge=words.status_badge(search.status(item.object, now)),
            authorities=words.authorities(item.object, language),
            closes=words.closing(item.object.closes),
        )
        for item in found.results
    ]
