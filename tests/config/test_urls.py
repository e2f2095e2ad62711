"""Every address with a name answers anybody, in every language, without an error of ours."""

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse
from django.urls.resolvers import URLPattern, URLResolver
from django.utils.translation import override

from multilingual.languages import CODES, SOURCE

pytestmark = pytest.mark.django_db

# Wagtail's editor has a walk of its own, with a stranger's account.
EDITORS = ("admin/",)
SAMPLES = {
    "code": "LC-PARK",
    "year": "2024",
    "serial": "1",
    "number": "1",
    "section": "policies-1",
    "path": "none.svg",
    "key": "x",
    "uidb36": "x",
    "document_id": 1,
    "document_filename": "a.pdf",
}


def named(resolver, namespace="", route=""):
    """Every name of an address, with the arguments that it needs."""
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        if here.startswith(EDITORS):
            continue
        if isinstance(pattern, URLResolver):
            inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from named(pattern, inside, here)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}{pattern.name}", tuple(pattern.pattern.regex.groupindex)


NAMES = sorted(set(named(get_resolver())))


def address(name, arguments):
    for arguments_or_none in (arguments, ()):
        try:
            return reverse(name, kwargs={key: SAMPLES[key] for key in arguments_or_none})
        except (NoReverseMatch, KeyError):
            continue
    return None


def test_the_walk_knows_the_addresses_of_the_portal():
    known = {name for name, _arguments in NAMES}
    assert known >= {
        "healthz",
        "readyz",
        "robots",
        "portal:home",
        "portal:about",
        "portal:data",
        "portal:site_map",
        "portal:privacy",
        "portal:accessibility",
        "portal:appearance",
        "policies:library",
        "policies:feed",
        "policies:catalogue",
        "policies:interpretations",
        "policies:policy",
        "policies:interpretation",
        "policies:sitemap_index",
        "policies:sitemap_section",
        "account_login",
        "api:openapi-json",
    }


@pytest.mark.parametrize("code", CODES)
def test_every_named_address_answers_anybody(client, library, code):
    with override(code):
        found = {name: address(name, arguments) for name, arguments in NAMES}
    missing = [name for name, path in found.items() if path is None]
    assert not [name for name in missing if name.startswith(("portal:", "policies:"))]
    for name, path in found.items():
        asked_in_chinese = code != SOURCE and not (path or "").startswith(f"/{code}/")
        if path is None or asked_in_chinese:
            continue
        answer = client.get(path)
        # `readyz` says 503 as long as something is missing, as it is in a test.
        assert answer.status_code < 500 or name == "readyz", (name, path)
        if name.startswith(("portal:", "policies:")) and name != "portal:appearance":
            assert answer.status_code == 200, (name, path)
        assert client.head(path).status_code == answer.status_code, (name, path)
        assert client.post(path).status_code < 500, (name, path)


@pytest.mark.parametrize("code", CODES)
def test_an_address_that_is_none_is_not_found_in_its_language(client, library, code):
    prefix = "" if code == "zh-hans" else f"/{code}"
    for path in (
        "/nothing/",
        "/policies/LC-PARK/2024-9/",
        "/policies/LC-PARK/2024-0/",
        "/policies/LC-PARK/0000-1/",
        "/policies/LC-PARK/2024-1/interpretations/9/",
        "/policies/LC-PARK/2024-1/?version=9",
        "/policies/%00/2024-1/",
    ):
        answer = client.get(f"{prefix}{path}")
        assert answer.status_code == 404, path
        direction = "rtl" if code == "ar" else "ltr"
        assert f'dir="{direction}"' in answer.content.decode()
