"""Files that were checked and wait for the rest of their form to be right.

They lie in the site's storage for two hours, where nobody reads them but who holds their token.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from uploads.rules import Kind
from uploads.scanning import Scan
from uploads.services import CheckedFile

FOLDER = "held"
KEPT = timedelta(hours=2)

NamedFile = tuple[str, CheckedFile]
"""A checked file with the name its sender gave it."""


def hold(files: Sequence[NamedFile], now: datetime) -> str:
    """Keeps files from `now` (aware) on; returns the token that gives them back."""
    token = secrets.token_urlsafe(24)
    folder = _folder(token)
    facts = []
    for number, (name, file) in enumerate(files):
        path = f"{folder}/{number}.{file.kind}"
        default_storage.save(path, ContentFile(file.content))
        facts.append([name, file.kind, file.sha256, file.scan, path])
    index = json.dumps({"at": now.timestamp(), "files": facts})
    default_storage.save(f"{folder}/index.json", ContentFile(index.encode()))
    return token


def held(token: str, now: datetime) -> list[NamedFile]:
    """Returns what was kept under `token`; nothing for an unknown one, or after two hours."""
    if not token:
        return []
    folder = _folder(token)
    try:
        with default_storage.open(f"{folder}/index.json") as file:
            index = json.loads(file.read())
        if now.timestamp() - index["at"] > KEPT.total_seconds():
            return []
        return [
            (name, CheckedFile(Kind(kind), _content(path), sha256, Scan(scan)))
            for name, kind, sha256, scan, path in index["files"]
        ]
    except FileNotFoundError:
        return []


def forget_held(now: datetime) -> int:
    """Deletes what was kept longer than two hours before `now`; returns how many folders."""
    try:
        folders, _files = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    return sum(_forget(f"{FOLDER}/{name}", now) for name in folders)


def _forget(folder: str, now: datetime) -> bool:
    _folders, files = default_storage.listdir(folder)
    paths = [f"{folder}/{name}" for name in files]
    if any(now - default_storage.get_modified_time(path) < KEPT for path in paths):
        return False
    for path in paths:
        default_storage.delete(path)
    default_storage.delete(folder)
    return True


def _content(path: str) -> bytes:
    with default_storage.open(path) as file:
        content: bytes = file.read()
        return content


def _folder(token: str) -> str:
    # Who sees the storage does not learn the token.
    return f"{FOLDER}/{hashlib.sha256(token.encode()).hexdigest()}"
