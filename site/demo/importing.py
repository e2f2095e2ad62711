"""Documents that the demo city took over from its older sites, by the import of the site."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from demo.desk import DATA, WORKING_HOURS
from multilingual.languages import SOURCE
from organisations.models import Organisation
from policies.models import PolicyPage
from policies.transfer.importing import import_links, import_rows
from policies.transfer.rows import Row
from vocabularies.models import Audience, Subject, Term, Territory


def bring_in(
    policy: Mapping[str, Any],
    body: str,
    pages: Mapping[str, PolicyPage],
    interpretations: Iterable[Mapping[str, Any]],
    *,
    now: datetime.datetime,
) -> PolicyPage:
    """Import a document as of the day of its issue, with its interpretations and links."""
    source = f"demo {policy['slug']}"
    row = Row.model_validate(
        {
            "id": source,
            "title": policy["title"][SOURCE],
            "date": policy["issued_on"],
            "body": body,
            "dated": True,
            "owner": _organisation(policy["owner"]),
            "issuers": [_organisation(code) for code in policy["issuers"]],
            "numbers": policy["numbers"],
            **_texts(policy),
            "kind": policy["kind"],
            "adoption_note": policy["adoption_note"],
            **{name: policy[name] for name in ("adopted_on", "effective_on", "expires_on")},
            "subject": _term(Subject, policy["subject"]),
            "territory": _term(Territory, policy["territory"]),
            "audiences": [_term(Audience, key) for key in policy["audiences"]],
            "aliases": [
                {"text": alias["text"], "language": alias["lang"]} for alias in policy["aliases"]
            ],
            "effects": [
                effect | {"target": _index_number(effect, pages)} for effect in policy["effects"]
            ],
            "relations": [
                relation | {"target": _index_number(relation, pages)}
                for relation in policy["relations"]
            ],
            "interpretations": [_interpretation(item) for item in interpretations],
        }
    )
    issued = datetime.date.fromisoformat(policy["issued_on"])
    moment = min(datetime.datetime.combine(issued, WORKING_HOURS), now)
    refused = [error for outcome in import_rows([(1, row)], now=moment) for error in outcome.errors]
    refused += import_links([(1, row)], now=moment).errors
    if refused:
        raise ValueError(f"{policy['slug']}: {refused}")
    page: PolicyPage = PolicyPage.objects.get(import_record__source_id=source)
    return page


def _organisation(code: str) -> dict[str, Any]:
    name = Organisation.objects.get(code=code).name_on(None)
    return {"code": code, "names": [{"name": {SOURCE: name}}]}


def _term(model: type[Term], key: str) -> dict[str, Any]:
    term = model._default_manager.get(key=key)
    return {"key": key, "name": {SOURCE: str(term)}}


def _texts(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "titles": stated["title"],
        "abstracts": stated["abstract"],
        "ready": list(stated["title"]),
    }


def _index_number(link: Mapping[str, Any], pages: Mapping[str, PolicyPage]) -> str:
    return str(pages[link["target"]].release.index_number)


def _interpretation(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_texts(item),
        "kind": item["kind"],
        "speaker": item["speaker"],
        "signed_on": item["signed_on"],
        "body": [_block(block) for block in item["body"]],
    }


def _block(block: Mapping[str, Any]) -> tuple[str, Any]:
    if block["type"] == "picture":
        path = DATA / "pictures" / block["file"]
        data = base64.b64encode(path.read_bytes()).decode()
        image = {"title": path.stem, "name": path.name, "data": data}
        return "picture", {"image": image, "alternative": block["alternative"]}
    if block["type"] == "question":
        return "question", {"question": block["question"], "answer": block["answer"]}
    return "text", block["value"]
