"""Files wait for two hours for the rest of their form, and only for who holds the token."""

import datetime

import pytest
from django.core.files.storage import default_storage

from tests.clock import at
from tests.uploads import files
from uploads import held
from uploads.rules import Kind
from uploads.scanning import Scan
from uploads.services import CheckedFile

NOW = at("2026-02-20", "12:00")
FILE = CheckedFile(Kind.PDF, files.PDF, "0" * 64, Scan.WAITING)


def test_what_is_held_comes_back_as_it_was():
    token = held.hold([("意见 1.pdf", FILE), ("2.pdf", FILE)], NOW)
    assert held.held(token, NOW) == [("意见 1.pdf", FILE), ("2.pdf", FILE)]


@pytest.mark.parametrize("token", ["", "nonsense", "../../secret_key", "a/b"])
def test_another_token_gives_nothing(token):
    held.hold([("意见.pdf", FILE)], NOW)
    assert held.held(token, NOW) == []


def test_after_two_hours_it_is_gone():
    token = held.hold([("意见.pdf", FILE)], NOW)
    assert held.held(token, NOW + held.KEPT)
    assert held.held(token, NOW + held.KEPT + datetime.timedelta(seconds=1)) == []


def test_the_storage_does_not_know_the_token():
    token = held.hold([("意见.pdf", FILE)], NOW)
    folders, _files = default_storage.listdir(held.FOLDER)
    assert token not in folders


def test_what_is_forgotten_is_deleted():
    held.hold([("意见.pdf", FILE)], NOW)
    now = datetime.datetime.now(datetime.UTC)
    assert held.forget_held(now) == 0
    assert held.forget_held(now + held.KEPT + datetime.timedelta(minutes=1)) >= 1
    assert default_storage.listdir(held.FOLDER) == ([], [])
