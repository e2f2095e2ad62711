"""Pictures, videos and attachments as part of a row: the file itself in base64."""

from __future__ import annotations

import base64
import hashlib
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from organisations.models import Organisation
from organisations.services import collection_of, equip
from policies.transfer.rows import FileRow

HOLDERS = {
    "picture": ("image", get_image_model, "WAGTAILIMAGES_EXTENSIONS"),
    "video": ("video", get_document_model, "WAGTAILDOCS_EXTENSIONS"),
}
"""The kinds of block that hold a file: under which name, of which model."""


def packed(item: Any) -> dict[str, str]:
    """Give an image or a document with all that is in its file."""
    with item.file.open("rb") as file:
        data = base64.b64encode(file.read()).decode()
    return {"title": item.title, "name": PurePath(item.file.name).name, "data": data}


def packed_blocks(stored: Any) -> list[list[Any]]:
    """Give blocks, as pairs of kind and stored value, with their files in them."""
    return [[kind, _packed_value(kind, value)] for kind, value in stored]


def _packed_value(kind: str, value: Any) -> Any:
    if kind not in HOLDERS or not value:
        return value
    field, get_model, _extensions = HOLDERS[kind]
    item = get_model().objects.filter(pk=value[field]).first()
    return value | {field: packed(item) if item else None}


def unpacked_blocks(stated: Any, owner: Organisation) -> list[tuple[str, Any]]:
    """Store the files of blocks for ``owner``; give the blocks with the files' keys.

    Raises ``ValueError`` or ``TypeError`` for what is no file.
    """
    return [(kind, _unpacked_value(kind, value, owner)) for kind, value in stated]


def _unpacked_value(kind: str, value: Any, owner: Organisation) -> Any:
    if kind not in HOLDERS or value.get(HOLDERS[kind][0]) is None:
        return value
    field, get_model, extensions = HOLDERS[kind]
    file = FileRow.model_validate(value[field])
    return value | {field: stored(get_model(), file, owner, extensions).pk}


def stored_document(file: FileRow, owner: Organisation) -> Any:
    """Give the owner's document with this content, stored now if it is not there."""
    return stored(get_document_model(), file, owner, "WAGTAILDOCS_EXTENSIONS")


def stored(model: Any, file: FileRow, owner: Organisation, extensions: str) -> Any:
    """Give the owner's image or document with this content, stored now if it is not there."""
    if PurePath(file.name).suffix[1:].lower() not in getattr(settings, extensions):
        raise ValueError(f"{file.name!r} is a kind of file that is not taken")
    equip(owner)
    collection = collection_of(owner)
    digest = hashlib.sha1(file.data, usedforsecurity=False).hexdigest()
    known = model.objects.filter(collection=collection, title=file.title, file_hash=digest)
    found = known.first()
    return found or model.objects.create(
        title=file.title,
        collection=collection,
        file=ContentFile(file.data, name=file.name),
        file_size=len(file.data),
        file_hash=digest,
    )
