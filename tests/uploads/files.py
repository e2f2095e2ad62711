"""Files as citizens send them, made here."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
TYPES = f'<Types><Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>'
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
SECRET = "GPS 39.9, 116.4"


def docx(parts: Mapping[str, bytes | str | None] | None = None, *, types: str = TYPES) -> bytes:
    out = BytesIO()
    usual = {"[Content_Types].xml": types, "word/document.xml": "<w:document/>"}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in {**usual, **(parts or {})}.items():
            if text is not None:
                package.writestr(name, text)
    return out.getvalue()


def png(size: tuple[int, int] = (3, 2), mode: str = "RGB") -> bytes:
    out, notes = BytesIO(), PngInfo()
    notes.add_text("Comment", SECRET)
    Image.new(mode, size, 0).save(out, "PNG", pnginfo=notes, exif=_exif(), icc_profile=b"profile")
    return out.getvalue()


def jpeg(size: tuple[int, int] = (3, 2), mode: str = "RGB", *, orientation: int = 1) -> bytes:
    out = BytesIO()
    Image.new(mode, size, 0).save(
        out, "JPEG", exif=_exif(orientation), comment=SECRET.encode(), icc_profile=b"profile"
    )
    return out.getvalue()


def _exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif[0x0112] = orientation
    return exif
