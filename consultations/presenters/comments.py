"""Published comments: plain text, escaped, with links."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bleach.linkifier import Linker
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from consultations.models import Clause, DraftVersion
from consultations.reading import PublishedComment

LONGEST_LINKED = 10_000
# Only ASCII: 。 and ） after an address would be taken into it otherwise.
URL = re.compile(
    r"\bhttps?://[a-z0-9][a-z0-9.-]*(?::\d+)?(?:[/?#][a-z0-9._~:/?#@!$&'*+,;=%-]*)?", re.I
)


def _attributes(attrs: dict[Any, str], new: bool = False) -> dict[Any, str]:
    attrs[(None, "rel")] = "nofollow ugc noopener noreferrer"
    return attrs


_linker = Linker(callbacks=[_attributes], url_re=URL, parse_email=False)


def linked(text: str) -> SafeString:
    """A citizen's own words as HTML: escaped, and what looks like an address is a link."""
    safe = escape(text, quote=False)
    if "http" in text and len(text) <= LONGEST_LINKED:
        safe = _linker.linkify(safe)
    return mark_safe(safe)  # noqa: S308


def escaped(text: str) -> SafeString:
    """As ``linked`` without links, for a sheet of thousands."""
    return mark_safe(escape(text, quote=False))  # noqa: S308


@dataclass(frozen=True)
class CommentLine:
    pk: int
    html: SafeString
    represents: str
    language: str
    channel: str
    round: int
    received_at: Any
    amended_at: Any
    files: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Group:
    """The comments on one clause. gone: the version where the clause was last, if it is gone."""

    title: str
    excerpt: str
    anchor: str
    gone: DraftVersion | None
    lines: Sequence[CommentLine]


def groups(
    comments: Sequence[PublishedComment],
    last: Mapping[int, Clause],
    newest: DraftVersion,
    slug: str,
    *,
    links: bool = True,
) -> list[Group]:
    """Comments in their order, put together by clause. last: by lineage, where it was last."""
    found: list[Group] = []
    lineage: int | None = -1
    for item in comments:
        if item.comment.clause_lineage != lineage:
            lineage = item.comment.clause_lineage
            found.append(_group(last.get(lineage) if lineage else None, newest))
        lines: Any = found[-1].lines
        lines.append(_line(item, slug, links=links))
    return found


def _group(clause: Clause | None, newest: DraftVersion) -> Group:
    if clause is None:
        return Group(_("The whole draft"), "", "", None, [])
    gone = clause.version if clause.version_id != newest.pk else None
    return Group(clause.number, excerpt(clause), clause.anchor, gone, [])


def excerpt(clause: Clause, length: int = 60) -> str:
    """The beginning of a clause's own words."""
    text = " ".join(clause.text.split())
    return text if len(text) <= length else f"{text[:length]}……"


def _line(item: PublishedComment, slug: str, *, links: bool) -> CommentLine:
    comment, text = item.comment, item.text
    return CommentLine(
        pk=comment.pk,
        html=(linked if links else escaped)(text.text),
        represents=text.represents,
        language=comment.language,
        channel=comment.get_channel_display(),
        round=comment.round,
        received_at=comment.received_at,
        amended_at=text.written_at if text.seq > 1 else None,
        files=[
            {
                "name": file.public_name,
                "kind": file.kind,
                "size": file.size,
                "url": reverse("consultations:attachment", args=[slug, file.pk]),
            }
            for file in item.attachments
        ],
    )
