"""What a file is, by its content. Names and declared types are the sender's and say nothing."""

import re
import zipfile
import zlib
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps
from PIL.Image import DecompressionBombError, DecompressionBombWarning

MOST_PIXELS = 40_000_000  # twice what a phone's camera takes
MOST_PARTS = 2_000
LARGEST_UNPACKED = 100 * 1024 * 1024  # bytes of all parts together
CHUNK = 64 * 1024
JPEG_QUALITY = 90
PDF_TRAILER = 1024  # bytes at the end, where readers look for the mark

_DOCX_MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ACTIVE = re.compile(r"vbaproject|vbadata|activex", re.IGNORECASE)


class Kind(StrEnum):
    """A kind of file that is taken, by the ending it gets."""

    PDF = "pdf"
    DOCX = "docx"
    PNG = "png"
    JPEG = "jpg"


MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
}
_BEGINNINGS = {
    b"%PDF-": Kind.PDF,
    b"PK\x03\x04": Kind.DOCX,
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"\xff\xd8\xff": Kind.JPEG,
}


class Refused(Exception):
    """The file is not taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(content: bytes) -> Kind:
    """The kind that the first bytes announce. Raises Refused (`empty`, `unknown`)."""
    if not content:
        raise Refused("empty")
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    raise Refused("unknown")


def cleaned(content: bytes) -> tuple[Kind, bytes]:
    """Returns the kind, and what to store: an image drawn anew, any other file as it came.

    Raises Refused for what is not wholly of its kind, for active content (macros) and for what
    would grow beyond measure when opened. A PDF is looked at from outside only: it begins and ends
    as one. What it does when opened is for the scanner and the reader's program.
    """
    kind = kind_of(content)
    if kind is Kind.PDF:
        _check_pdf(content)
    elif kind is Kind.DOCX:
        _check_docx(content)
    else:
        content = _drawn_anew(content, kind)
    return kind, content


def _check_pdf(content: bytes) -> None:
    if not re.match(rb"%PDF-[12]\.\d", content) or b"%%EOF" not in content[-PDF_TRAILER:]:
        raise Refused("broken")


def _check_docx(content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            parts = package.infolist()
            if len(parts) > MOST_PARTS:
                raise Refused("too_big_inside")
            names = [part.filename for part in parts]
            if not {"[Content_Types].xml", "word/document.xml"} <= set(names):
                raise Refused("unknown")
            if len(set(names)) < len(names) or any(part.flag_bits & 1 for part in parts):
                raise Refused("broken")
            _unpack(package, parts)
            types = package.read("[Content_Types].xml")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Refused("broken") from error
    if any(_ACTIVE.search(name) for name in names) or b"macroEnabled" in types:
        raise Refused("active")
    if _DOCX_MAIN not in types:
        raise Refused("unknown")


def _unpack(package: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Reads every part, which checks its sum, and counts: declared sizes may lie."""
    left = LARGEST_UNPACKED
    for part in parts:
        with package.open(part) as stream:
            while chunk := stream.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise Refused("too_big_inside")


def _drawn_anew(content: bytes, kind: Kind) -> bytes:
    """The same picture, upright, with nothing but its pixels: no place, camera, text, thumbnail."""
    form = "PNG" if kind is Kind.PNG else "JPEG"
    try:
        with Image.open(BytesIO(content), formats=[form]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Refused("too_big_inside")
            upright = ImageOps.exif_transpose(image)
            mode = _mode(upright, kind)
            picture = upright.convert(mode)
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise Refused("too_big_inside") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Refused("broken") from error
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    out = BytesIO()
    options = {"quality": JPEG_QUALITY} if kind is Kind.JPEG else {"optimize": False}
    bare.save(out, form, **options)
    return out.getvalue()


def _mode(image: Image.Image, kind: Kind) -> str:
    if kind is Kind.PNG and (image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info):
        return "RGBA"
    return "L" if image.mode in {"1", "L"} else "RGB"
