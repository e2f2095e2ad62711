"""What every response carries, and what the language of an address depends on."""

import pytest

PUBLIC = ["/accessibility/", "/en/privacy/", "/accounts/login/"]


def directives(response) -> dict[str, list[str]]:
    parts = response.headers["Content-Security-Policy"].split("; ")
    return {name: values for name, *values in (part.split() for part in parts)}


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_may_load_only_from_the_site_and_run_nothing_inline(client, db, address):
    policy = directives(client.get(address))
    assert policy["default-src"] == ["'self'"]
    assert policy["object-src"] == ["'none'"]
    assert "script-src" not in policy
    assert "style-src" not in policy
    assert not any("unsafe" in value for values in policy.values() for value in values)


def test_the_editor_may_use_inline_scripts_and_styles(admin_client, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    policy = directives(admin_client.get("/admin/"))
    assert "'unsafe-inline'" in policy["script-src"]
    assert policy["default-src"] == ["'self'"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
def test_security_headers_are_set(client, db, header, value):
    assert client.get("/healthz").headers[header] == value


@pytest.mark.parametrize(
    ("address", "language"),
    [("/privacy/", "zh-hans"), ("/en/privacy/", "en"), ("/ar/privacy/", "ar")],
)
def test_the_address_alone_decides_the_language(client, db, address, language):
    client.cookies["django_language"] = "fr"
    response = client.get(address, headers={"accept-language": "ja"})
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" not in response.headers.get("Vary", "")
