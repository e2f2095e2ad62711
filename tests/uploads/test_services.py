"""Uploads as a form hands them over, and a clamd of this test's own that speaks its protocol."""

import hashlib
import socketserver
import struct
import threading
from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from tests.uploads.files import PDF, docx, jpeg, png
from uploads import scanning, services
from uploads.rules import Kind
from uploads.scanning import ClamAVScanner, Scan, ScannerUnavailable

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"
LIMIT = 1_000_000


def upload(content: bytes, name: str = "意见.pdf", declared: str = "application/pdf"):
    return SimpleUploadedFile(name, content, declared)


class Clamd(socketserver.StreamRequestHandler):
    """Answers PING and INSTREAM as the manual of clamd says."""

    def handle(self) -> None:
        command = self._until_zero()
        if command == b"zPING":
            self.wfile.write(b"PONG\0")
        elif command == b"zINSTREAM":
            self.wfile.write(self._verdict() + b"\0")

    def _until_zero(self) -> bytes:
        text = b""
        while (byte := self.rfile.read(1)) not in {b"\0", b""}:
            text += byte
        return text

    def _verdict(self) -> bytes:
        content = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > LIMIT:
                return b"INSTREAM size limit exceeded. ERROR"
        return b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in content else b"stream: OK"


class Silent(socketserver.StreamRequestHandler):
    """Takes everything and hangs up without a word."""

    def handle(self) -> None:
        self.rfile.read(9)


def serve(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def clamd(settings) -> Iterator[int]:
    for port in serve(Clamd):
        settings.CLAMAV_URL = f"tcp://127.0.0.1:{port}"
        yield port


@pytest.fixture
def silent() -> Iterator[int]:
    yield from serve(Silent)


@pytest.fixture
def no_scanner_answers(settings):
    settings.CLAMAV_URL = "tcp://127.0.0.1:9"


def test_a_file_is_named_by_its_content_and_not_by_its_name():
    checked = services.check_upload(upload(png(), "意见.pdf", "application/pdf"))
    assert (checked.kind, checked.media_type) == (Kind.PNG, "image/png")


def test_the_sum_is_the_one_of_what_is_stored():
    checked = services.check_upload(upload(jpeg()))
    assert checked.sha256 == hashlib.sha256(checked.content).hexdigest()
    assert checked.content != jpeg()


def test_documents_are_stored_as_they_came():
    assert services.check_upload(upload(PDF)).content == PDF
    assert services.check_upload(upload(docx())).content == docx()


def test_a_file_that_was_read_before_is_read_from_its_beginning():
    file = upload(PDF)
    file.read()
    assert services.check_upload(file).content == PDF


def test_a_file_may_have_ten_megabytes_and_no_byte_more():
    filler = b" " * (10 * 1024 * 1024 - len(PDF))
    fits = PDF.replace(b"trailer", filler + b"trailer")
    assert services.check_upload(upload(fits)).kind is Kind.PDF
    with pytest.raises(ValidationError) as caught:
        services.check_upload(upload(fits.replace(b"trailer", b" trailer")))
    assert caught.value.code == "too_long"
    assert "10" in caught.value.message


def test_the_reason_is_given_in_the_readers_language():
    with translation.override("en"):
        with pytest.raises(ValidationError) as caught:
            services.check_upload(upload(b"MZ a program"))
        [reason] = caught.value.messages
    assert reason == "This kind of file is not accepted: send PDF, DOCX, PNG or JPEG."


def test_every_refused_file_of_a_form_is_named():
    files = [upload(PDF), upload(b"a", "清单.txt"), upload(b"", "空.pdf")]
    with translation.override("en"), pytest.raises(ValidationError) as caught:
        services.check_uploads(files)
    assert caught.value.messages == [
        "清单.txt: This kind of file is not accepted: send PDF, DOCX, PNG or JPEG.",
        "空.pdf: The file is empty.",
    ]


def test_five_files_are_taken_and_a_sixth_is_refused():
    assert len(services.check_uploads([upload(PDF) for _ in range(5)])) == 5
    with translation.override("en"), pytest.raises(ValidationError) as caught:
        services.check_uploads([upload(PDF) for _ in range(6)])
    assert caught.value.messages == ["Send at most 5 files."]


def test_without_a_scanner_a_file_is_not_called_clean():
    assert services.check_upload(upload(PDF)).scan is Scan.OFF
    assert scanning.probe() == ""


def test_a_clean_file_is_called_clean(clamd):
    [checked] = services.check_uploads([upload(PDF)])
    assert checked.scan is Scan.CLEAN


def test_an_infected_file_is_refused(clamd):
    infected = PDF.replace(b"trailer", EICAR + b"trailer")
    with pytest.raises(ValidationError) as caught:
        services.check_upload(upload(infected))
    assert caught.value.code == "infected"
    assert services.rescan(infected) is Scan.INFECTED


def test_a_file_in_many_chunks_arrives_whole(clamd):
    scanner = ClamAVScanner("127.0.0.1", clamd)
    long = bytes(3 * scanning.CHUNK + 5)
    assert scanner.scan(long) is Scan.CLEAN
    assert scanner.scan(long[:-100] + EICAR + bytes(3)) is Scan.INFECTED
    assert scanner.scan(b"") is Scan.CLEAN


def test_a_file_waits_while_the_scanner_is_away_and_is_scanned_later(
    no_scanner_answers, request, caplog
):
    checked = services.check_upload(upload(PDF))
    assert checked.scan is Scan.WAITING
    assert checked.scan not in scanning.MAY_BE_HANDED_OUT
    assert services.rescan(checked.content) is Scan.WAITING
    assert "the file waits" in caplog.text
    request.getfixturevalue("clamd")
    assert services.rescan(checked.content) is Scan.CLEAN


def test_of_a_form_only_the_first_file_asks_a_scanner_that_is_away(no_scanner_answers, caplog):
    checked = services.check_uploads([upload(PDF), upload(png()), upload(docx())])
    assert [one.scan for one in checked] == [Scan.WAITING] * 3
    assert caplog.text.count("the file waits") == 1


def test_a_file_too_long_for_the_scanner_waits_and_is_not_called_clean(clamd):
    with pytest.raises(ScannerUnavailable):
        ClamAVScanner("127.0.0.1", clamd).scan(bytes(LIMIT + scanning.CHUNK))


def test_a_scanner_that_hangs_up_gives_no_verdict(silent):
    with pytest.raises(ScannerUnavailable):
        ClamAVScanner("127.0.0.1", silent).scan(PDF)


def test_a_scanner_that_never_answers_is_not_waited_for():
    class Deaf(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            released.wait(10)

    released = threading.Event()
    for port in serve(Deaf):
        with pytest.raises(ScannerUnavailable, match="timed out"):
            ClamAVScanner("127.0.0.1", port, seconds=0.05).scan(PDF)
        released.set()


def test_the_deployment_check_asks_the_scanner(clamd, settings):
    assert scanning.probe() == ""
    settings.CLAMAV_URL = "tcp://127.0.0.1:9"
    with pytest.raises(ScannerUnavailable):
        scanning.probe()
