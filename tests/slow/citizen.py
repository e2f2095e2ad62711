"""A citizen's browser: one connection that stays open, and what a form and its cookies say."""

import re
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    body: bytes


class Citizen:
    """Asks the server at a port of this machine; any fault of the network is an OSError.

    So is an answer that breaks off: whoever sees one does not know what became of the request.
    """

    def __init__(self, port: int, form: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.form = form
        self.cookies: dict[str, str] = {}
        self.token = ""

    def open_form(self) -> None:
        """Reads the token that the form carries, as a browser would send it back."""
        page = self.ask("GET", self.form)
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
        if page.status != 200 or found is None:
            raise OSError(f"{self.form}: {page.status}")
        self.token = found[1].decode()

    def send(self, fields: dict[str, str]) -> Answer:
        """Sends the form; what the site remembers of a sent text, this browser forgets."""
        answer = self.ask("POST", self.form, {"csrfmiddlewaretoken": self.token, **fields})
        self.cookies.pop("gk_sent", None)
        return answer

    def receipt_code(self, location: str) -> str:
        """The code on the receipt page, in the browser that sent the comment."""
        page = self.ask("GET", location)
        found = re.search(rb'id="receipt-code"[^>]*>([^<]+)<', page.body)
        if page.status != 200 or found is None:
            raise AssertionError(f"{location}: {page.status}, without a code")
        return found[1].decode()

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            headers["Content-Type"] = FORM
            body = urlencode(fields)
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            content = response.read()
        except Exception as error:
            self.connection.close()
            raise OSError(f"{method} {path}: no whole answer") from error
        for line in response.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Answer(response.status, response.headers.get("Location", ""), content)
