"""What cannot be a key finds nothing in the admin, instead of failing."""

import pytest

from organisations.middleware import KEYS_IN_QUERIES
from tests import factories as make

pytestmark = pytest.mark.django_db

LONG = "9" * 23
ADDRESSES = [
    f"/admin/pages/{LONG}/edit/",
    f"/admin/policies/{LONG}/withdraw/",
    "/admin/snippets/choose/vocabularies/subject/chosen/x/",
    f"/admin/snippets/choose/vocabularies/subject/chosen/{LONG}/",
    "/admin/organisations/members/delete/x/",
    "/admin/choose-page/?parent_page_id=x",
    f"/admin/pages/?p={LONG}",
    "/admin/pages/search/?q=%00",
    "/admin/pages/find/?id=all",
    *(
        f"{address}?id={value}"
        for address in (
            "/admin/bulk/wagtaildocs/document/delete/",
            "/admin/bulk/wagtailcore/page/delete/",
            "/admin/choose-page/chosen-multiple/",
            "/admin/images/chooser/chosen-multiple/",
            "/admin/documents/chooser/chosen-multiple/",
            "/admin/snippets/choose/vocabularies/subject/chosen-multiple/",
        )
        for value in ("x", "-1", "%00", LONG)
    ),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_malformed_key_is_not_found(client, address):
    client.force_login(make.administrator())
    assert client.get(address).status_code == 404
    client.force_login(make.team().drafter)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", KEYS_IN_QUERIES)
def test_an_empty_key_is_none(client, name):
    client.force_login(make.administrator())
    assert client.get(f"/admin/pages/?{name}=").status_code in {200, 302}


def test_words_may_be_numbers(client):
    client.force_login(make.administrator())
    assert client.get(f"/admin/pages/search/?q={LONG}").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/admin/choose-external-link/",
        "/admin/redirects/import/process/",
        "/admin/snippets/choose/vocabularies/subject/create/",
    ],
)
@pytest.mark.parametrize("typed", [{}, {"import_file_name": "x", "input_format": "x"}])
def test_a_form_that_wagtail_never_sent_is_a_bad_request(client, address, typed):
    client.force_login(make.administrator())
    assert client.post(address, typed).status_code == 400
