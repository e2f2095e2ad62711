"""Words in their language: what is not in the page's language is marked as what it is."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.safestring import SafeString

from multilingual.languages import SOURCE, suffixed
from multilingual.words import joined as joined
from multilingual.words import marked as marked
from multilingual.words import own_or_chinese

if TYPE_CHECKING:
    from organisations.models import Organisation
    from policies.models import InterpretationPage, PolicyPage
    from vocabularies.models import Term


def title(page: PolicyPage | InterpretationPage, language: str) -> SafeString:
    """The title in ``language``, or the Chinese one marked as Chinese."""
    own = headline(page, language)
    return marked(own or headline(page, SOURCE), language if own else SOURCE, language)


def headline(page: PolicyPage | InterpretationPage, language: str) -> str:
    """The plain released title in ``language``; empty where no ready translation has one."""
    if language != SOURCE and not getattr(page, suffixed("translation_ready", language)):
        return ""
    return getattr(page, suffixed("headline", language)) or ""


def abstract(page: PolicyPage | InterpretationPage, language: str) -> str:
    """The plain abstract in ``language``; empty where no ready translation has one."""
    if language != SOURCE and not getattr(page, suffixed("translation_ready", language)):
        return ""
    return getattr(page, suffixed("abstract", language)) or ""


def abstract_marked(page: PolicyPage | InterpretationPage, language: str) -> SafeString:
    """The abstract in ``language``, or the Chinese one marked as Chinese; may be empty."""
    own = abstract(page, language)
    text = own or abstract(page, SOURCE)
    return marked(text, language if own else SOURCE, language) if text else SafeString("")


def quoted_title(page: PolicyPage, language: str) -> SafeString:
    """The title inside a sentence: Chinese puts it between 《》."""
    if not headline(page, language):
        return marked(f"《{headline(page, SOURCE)}》", SOURCE, language)
    return format_html("《{}》" if language == SOURCE else "{}", title(page, language))


def organisation(body: Organisation, day: datetime.date | None, language: str) -> SafeString:
    """The name an authority had on ``day``, marked where it is only there in Chinese."""
    name = body.dated_name_on(day)
    if name is None:
        return format_html("{}", body.code)
    return own_or_chinese(name, "name", language)


def issuers(page: PolicyPage, language: str) -> SafeString:
    """The issuing authorities in their order, with the names of the day of issue."""
    return joined(
        (
            organisation(issuer.organisation, page.issued_on, language)
            for issuer in page.issuers.all()
        ),
        language,
    )


def term(value: Term, language: str) -> SafeString:
    """A subject, audience or territory in ``language``."""
    return own_or_chinese(value, "name", language)


def numbers(page: PolicyPage, language: str) -> SafeString:
    """The document numbers exactly as issued."""
    return joined(
        (marked(number.text, SOURCE, language) for number in page.numbers.all()), language
    )
