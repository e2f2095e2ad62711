import struct
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.uploads.files import PDF, SECRET, TYPES, docx, jpeg, png
from uploads import rules
from uploads.rules import Kind, Refused


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PDF, Kind.PDF), (docx(), Kind.DOCX), (png(), Kind.PNG), (jpeg(), Kind.JPEG)],
)
def test_the_four_kinds_are_known_by_their_content(content, kind):
    assert rules.cleaned(content)[0] is kind


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as caught:
        rules.cleaned(content)
    return caught.value.code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"plain text", "unknown"),
        (b"MZ\x90\x00 a program", "unknown"),
        (b"<svg onload='x()'/>", "unknown"),
        (b"GIF89a", "unknown"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old .doc, or one with a password", "unknown"),
        (b"junk before it " + PDF, "unknown"),
        (b"%PDF-1.7 cut short", "broken"),
        (b"%PDF-9.9\n%%EOF", "broken"),
        (png()[:60], "broken"),
        (jpeg()[:200], "broken"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (b"\xff\xd8\xff\xe0 no picture", "broken"),
        (b"PK\x03\x04 no archive", "broken"),
        (docx()[:-30], "broken"),
    ],
)
def test_what_is_no_such_file_is_refused(content, code):
    assert refusal(content) == code


@given(st.sampled_from([PDF, docx(), png(), jpeg()]), st.data())
def test_a_damaged_file_is_refused_or_taken_and_never_an_error(content, data):
    damaged = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for place in data.draw(st.lists(st.integers(0, max(len(damaged) - 1, 0)), max_size=4)):
        if damaged:
            damaged[place] = data.draw(st.integers(0, 255))
    with suppress(Refused):
        rules.cleaned(bytes(damaged))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (docx({"word/vbaProject.bin": b"macro"}), "active"),
        (docx({"word/VBAPROJECT.BIN": b"macro"}), "active"),
        (docx({"word/activeX/activeX1.bin": b"control"}), "active"),
        (docx(types=TYPES + "application/vnd.ms-word.document.macroEnabled.main+xml"), "active"),
        (docx({"word/document.xml": None}), "unknown"),
        (docx({"[Content_Types].xml": None}), "unknown"),
        (docx(types="<Types/>"), "unknown"),
        (docx({f"word/media/{n}": b"" for n in range(2_000)}), "too_big_inside"),
    ],
    ids=[
        "macro",
        "macro in capitals",
        "control",
        "macro type",
        "no text",
        "no list",
        "no type",
        "parts",
    ],
)
def test_a_package_that_is_no_plain_document_is_refused(content, code):
    assert refusal(content) == code


def test_a_document_that_unpacks_beyond_measure_is_refused(monkeypatch):
    monkeypatch.setattr(rules, "LARGEST_UNPACKED", 1_000_000)
    assert rules.cleaned(docx({"word/media/a": bytes(900_000)}))[0] is Kind.DOCX
    assert refusal(docx({"word/media/a": bytes(600_000), "word/media/b": bytes(600_000)})) == (
        "too_big_inside"
    )


def test_a_document_that_lies_about_its_size_is_refused():
    content = bytearray(docx({"word/media/a": bytes(500_000)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.rindex(signature) + offset
        content[place : place + 4] = struct.pack("<I", 10)
    assert refusal(bytes(content)) == "broken"


def test_a_document_with_a_password_on_a_part_is_refused():
    content = bytearray(docx())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(content)) == "broken"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_document_with_two_parts_of_one_name_is_refused():
    out = BytesIO(docx())
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("word/document.xml", "<another/>")
    assert refusal(out.getvalue()) == "broken"


@pytest.mark.parametrize("make", [png, jpeg])
def test_a_picture_keeps_its_pixels_and_nothing_else(make):
    sent = make((7, 5))
    assert SECRET.encode() in sent
    _kind, stored = rules.cleaned(sent)
    assert SECRET.encode() not in stored
    with Image.open(BytesIO(stored)) as image:
        assert image.size == (7, 5)
        assert not image.getexif()
        assert not {"comment", "Comment", "exif", "icc_profile", "xmp"} & set(image.info)


def test_a_picture_taken_upright_stays_upright():
    _kind, stored = rules.cleaned(jpeg((7, 5), orientation=6))
    with Image.open(BytesIO(stored)) as image:
        assert image.size == (5, 7)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_depth_are_taken(mode):
    _kind, stored = rules.cleaned(png(mode=mode))
    with Image.open(BytesIO(stored)) as image:
        assert image.size == (3, 2)
        assert ("A" in image.mode) == ("A" in mode)


def test_a_picture_in_printing_colours_is_taken():
    _kind, stored = rules.cleaned(jpeg(mode="CMYK"))
    with Image.open(BytesIO(stored)) as image:
        assert image.mode == "RGB"


def test_what_is_hidden_behind_a_picture_is_gone():
    _kind, stored = rules.cleaned(png() + docx({"word/vbaProject.bin": b"macro"}))
    assert b"PK\x03\x04" not in stored


@pytest.mark.parametrize("side", [7_000, 12_000, 40_000])
def test_a_small_file_with_a_giant_picture_is_refused_before_it_is_unpacked(side):
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100)))
    assert refusal(bomb + chunk(b"IEND", b"")) == "too_big_inside"
