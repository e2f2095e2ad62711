"""HEAD has no body, whoever answers: a page, the cache, a file, an error."""

import io
from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.http import FileResponse

from config.middleware import HeadMiddleware

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(rf):
    """What the application gives a server; the test client would strip the body itself."""
    handler = BaseHandler()
    handler.load_middleware()
    return lambda method, path: handler.get_response(rf.generic(method, path))


@pytest.mark.parametrize(
    "path",
    ["/", "/about/", "/no-such-page/", "/api/openapi.json", "/api/v1/songs", "/robots.txt"],
)
def test_head_answers_as_get_does_but_without_a_body(ask, path):
    page = ask("GET", path)
    assert len(page.content) == int(page["Content-Length"]) > 0
    for _ in range(2):
        head = ask("HEAD", path)
        assert head.content == b""
        assert head.status_code == page.status_code
        assert head["Content-Length"] == page["Content-Length"]


def test_head_of_a_file_reads_nothing_of_it_and_closes_it(rf):
    file = io.BytesIO("方案".encode())
    get_file: Any = lambda request: FileResponse(file)  # noqa: E731
    response: Any = HeadMiddleware(get_file)(rf.head("/media/plan.txt"))
    assert b"".join(response) == b""
    assert response["Content-Length"] == "6"
    response.close()
    assert file.closed
