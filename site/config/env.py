"""Settings from the environment: each variable is declared once, with default and meaning.

A declaration reads the variable at once. A value that cannot be used raises `InvalidVariable`,
which names the variable and what it accepts. `docs/env-vars.md` is `as_markdown()`; a test
compares them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

PREFIX = "GONGKAI_"
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
SHORTEST_KEY = 32

T = TypeVar("T")


class InvalidVariable(ImproperlyConfigured):
    """An environment variable holds a value that the site cannot use."""


@dataclass(frozen=True)
class Variable:
    name: str
    default: str
    accepts: str
    doc: str


class Environment:
    """Reads variables from `source` and remembers each declaration, in order."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source
        self.declared: dict[str, Variable] = {}

    def given(self, name: str) -> bool:
        """Whether the variable is set to something."""
        return bool(self.source.get(name, "").strip())

    def _read(
        self,
        name: str,
        default: str,
        accepts: str,
        doc: str,
        parse: Callable[[str], T],
        *,
        secret: bool = False,
    ) -> T:
        self.declared[name] = Variable(name, default, accepts, doc)
        value = self.source.get(name, "").strip() or default
        try:
            return parse(value)
        except (ValueError, KeyError, ImproperlyConfigured) as error:
            shown = "…" if secret else repr(value)
            message = f"{name}={shown} cannot be used: it accepts {accepts}."
            raise InvalidVariable(message) from (None if secret else error)

    def text(self, name: str, *, default: str = "", accepts: str = "any text", doc: str) -> str:
        return self._read(name, default, accepts, doc, str)

    def flag(self, name: str, *, default: bool = False, doc: str) -> bool:
        def parse(value: str) -> bool:
            if value.lower() not in TRUE | FALSE:
                raise ValueError(value)
            return value.lower() in TRUE

        return self._read(name, str(default).lower(), "`true` or `false`", doc, parse)

    def number(self, name: str, *, default: int, lowest: int, highest: int, doc: str) -> int:
        def parse(value: str) -> int:
            if not lowest <= int(value) <= highest:
                raise ValueError(value)
            return int(value)

        accepts = f"a whole number from {lowest} to {highest}"
        return self._read(name, str(default), accepts, doc, parse)

    def words(self, name: str, *, default: str = "", doc: str) -> list[str]:
        def parse(value: str) -> list[str]:
            return [word.strip() for word in value.split(",") if word.strip()]

        return self._read(name, default, "words with commas between them", doc, parse)

    def keys(self, name: str, *, doc: str) -> list[str]:
        """Secret texts, which no message repeats."""

        def parse(value: str) -> list[str]:
            keys = [key.strip() for key in value.split(",") if key.strip()]
            if any(len(key) < SHORTEST_KEY for key in keys):
                raise ValueError
            return keys

        accepts = (
            f"nothing, or random texts of {SHORTEST_KEY} characters or more, commas between them"
        )
        return self._read(name, "", accepts, doc, parse, secret=True)

    def folder(self, name: str, *, default: str, root: Path, doc: str) -> Path:
        """A path; a relative one starts at `root`."""
        return self._read(name, default, "the path of a folder", doc, lambda value: root / value)

    def web_address(self, name: str, *, default: str, doc: str) -> str:
        def parse(value: str) -> str:
            parts = urlsplit(value)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
                raise ValueError(value)
            return value.rstrip("/")

        accepts = "`http://host` or `https://host`, with a port if need be"
        return self._read(name, default, accepts, doc, parse)

    def web_addresses(self, name: str, *, doc: str) -> list[str]:
        def parse(value: str) -> list[str]:
            hosts = [host.strip() for host in value.split(",") if host.strip()]
            if any(urlsplit(host).scheme not in {"http", "https"} for host in hosts):
                raise ValueError(value)
            return hosts

        accepts = "nothing, or `http(s)://host:port`, several with commas between them"
        return self._read(name, "", accepts, doc, parse)

    def database_url(self, name: str, *, default: str, doc: str) -> dict[str, Any]:
        def parse(value: str) -> dict[str, Any]:
            if not value.startswith(("sqlite:///", "postgres://", "postgresql://")):
                raise ValueError(value)
            return dict(environ.Env.db_url_config(value))

        accepts = "`sqlite:///path` or `postgres://user:password@host:port/name`"
        return self._read(name, default, accepts, doc, parse)

    def tcp_address(self, name: str, *, doc: str) -> str:
        def parse(value: str) -> str:
            parts = urlsplit(value)
            if value and (parts.scheme != "tcp" or not parts.hostname or not parts.port):
                raise ValueError(value)
            return value

        return self._read(name, "", "nothing, or `tcp://host:port`", doc, parse)

    def cache_url(self, name: str, *, default: str, doc: str) -> dict[str, Any]:
        def parse(value: str) -> dict[str, Any]:
            if not value.startswith(("locmemcache://", "redis://", "rediss://")):
                raise ValueError(value)
            return dict(environ.Env.cache_url_config(value))

        accepts = "`locmemcache://` or `redis://host:port/number` (`rediss://` with TLS)"
        return self._read(name, default, accepts, doc, parse)

    def broker_url(self, name: str, *, default: str, doc: str) -> str:
        def parse(value: str) -> str:
            if not value.startswith(("memory://", "redis://", "rediss://")):
                raise ValueError(value)
            return value

        accepts = "`memory://` or `redis://host:port/number` (`rediss://` with TLS)"
        return self._read(name, default, accepts, doc, parse)

    def email_url(self, name: str, *, default: str, doc: str) -> dict[str, Any]:
        def parse(value: str) -> dict[str, Any]:
            config = dict(environ.Env.email_url_config(value))
            if "EMAIL_BACKEND" not in config:
                raise ValueError(value)
            return config

        accepts = "`consolemail://`, `smtp+tls://user:password@host:port` or `smtp+ssl://…`"
        return self._read(name, default, accepts, doc, parse)

    def storage(self, name: str, *, default: str, doc: str) -> dict[str, Any]:
        """A Django storage: its dotted class, options after a question mark."""

        def parse(value: str) -> dict[str, Any]:
            backend, _, options = value.partition("?")
            if not all(part.isidentifier() for part in backend.split(".")) or "." not in backend:
                raise ValueError(value)
            return {
                "BACKEND": backend,
                "OPTIONS": dict(parse_qsl(options, strict_parsing=bool(options))),
            }

        accepts = "the dotted name of a Django storage class, options as `?name=value&…`"
        return self._read(name, default, accepts, doc, parse)

    def refuse_unknown(self) -> None:
        """Raises for a `GONGKAI_…` variable that nothing declares: it would be silently ignored."""
        ours = {name for name in self.source if name.startswith(PREFIX)}
        for name in sorted(ours - set(self.declared)):
            known = ", ".join(sorted(n for n in self.declared if n.startswith(PREFIX)))
            raise InvalidVariable(f"{name} is not a setting; those that begin so are {known}.")

    def as_markdown(self) -> str:
        """The whole of `docs/env-vars.md`."""
        rows = [
            f"| `{v.name}` | {default} | {v.accepts} | {v.doc} |"
            for v in self.declared.values()
            for default in [f"`{v.default}`" if v.default else "(empty)"]
        ]
        head = (
            "# Environment variables\n\n"
            "Settings come from the environment. A value that cannot be used stops the start\n"
            "with a line that names the variable. `make env-vars` writes this page.\n\n"
            "| Variable | Default | Accepts | Meaning |\n| --- | --- | --- | --- |\n"
        )
        return head + "\n".join(rows) + "\n"
