"""What machines read of a document: schema.org, and the words to cite it with."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from multilingual.languages import SOURCE, suffixed
from policies.enums import Validity
from policies.presenters import words

if TYPE_CHECKING:
    from policies.models import PolicyPage

LEGAL_FORCE = {
    Validity.IN_FORCE: "https://schema.org/InForce",
    Validity.PARTLY: "https://schema.org/PartiallyInForce",
    Validity.NOT_YET: "https://schema.org/NotInForce",
    Validity.SUSPENDED: "https://schema.org/NotInForce",
    Validity.REPEALED: "https://schema.org/NotInForce",
    Validity.EXPIRED: "https://schema.org/NotInForce",
}


def legislation(page: PolicyPage, status: Validity, url: str) -> dict[str, Any]:
    """schema.org ``Legislation`` of a released document; absent values are left out."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Legislation",
        "@id": url,
        "url": url,
        "name": words.headline(page, SOURCE),
        "alternateName": [alias.text for alias in page.popular_names.all()],
        "legislationIdentifier": [
            *(number.text for number in page.numbers.all()),
            page.release.index_number,
        ],
        "legislationType": page.kind,
        "legislationDate": page.adopted_on and page.adopted_on.isoformat(),
        "datePublished": page.issued_on and page.issued_on.isoformat(),
        "legislationDateOfApplicability": page.effective_on and page.effective_on.isoformat(),
        "legislationDateVersion": page.consolidated_as_of and page.consolidated_as_of.isoformat(),
        "temporalCoverage": page.effective_on and f"{page.effective_on}/{page.expires_on or '..'}",
        "legislationPassedBy": [
            {
                "@type": "GovernmentOrganization",
                "name": issuer.organisation.name_on(page.issued_on, SOURCE),
            }
            for issuer in page.issuers.all()
        ],
        "legislationLegalForce": LEGAL_FORCE.get(status),
        "legislationJurisdiction": page.territory
        and getattr(page.territory, suffixed("name", SOURCE)),
        "about": page.subject and getattr(page.subject, suffixed("name", SOURCE)),
        "abstract": words.abstract(page, SOURCE),
        "inLanguage": "zh-Hans",
    }
    return {key: value for key, value in data.items() if value}


def citation(page: PolicyPage, url: str, day: datetime.date) -> str:
    """The document as a reference after GB/T 7714: the Chinese names, the number, the address."""
    authorities = ", ".join(
        issuer.organisation.name_on(page.issued_on, SOURCE) for issuer in page.issuers.all()
    )
    number = "、".join(n.text for n in page.numbers.all())
    title = words.headline(page, SOURCE) + (f"：{number}" if number else "")
    issued = f"({page.issued_on.isoformat()})" if page.issued_on else ""
    start = f"{authorities}. " if authorities else ""
    return f"{start}{title}[A/OL]. {issued}[{day.isoformat()}]. {url}"
