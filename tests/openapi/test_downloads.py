import datetime
import json

import pytest

from openapi import downloads


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+86 10", "'+86 10"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝１", "'＝１"),
        ("建议=好", "建议=好"),
        ("'=1+1", "''=1+1"),
        (["=1", "b"], "'=1; b"),
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        (datetime.date(2026, 2, 27), "2026-02-27"),
    ],
)
def test_a_cell_is_a_text_that_no_spreadsheet_runs(value, shown):
    assert downloads.cell(value) == shown


@pytest.mark.parametrize("text", ["=1", "'=1", "'", "''", " '=1", "  =1", "建议", "", "\n-"])
def test_without_its_apostrophe_a_cell_is_the_text_as_it_was(text):
    assert downloads.cell(text).removeprefix("'") == text


def test_a_csv_file_says_that_it_is_utf_8_and_holds_quotes_and_line_breaks():
    response = downloads.as_csv("a.csv", ["id", "text"], [{"id": 1, "text": '他说"好"\n第二行'}])
    assert response.streaming
    assert response["Content-Disposition"] == 'attachment; filename="a.csv"'
    content = b"".join(response).decode("utf-8")
    assert content == '\ufeffid,text\r\n1,"他说""好""\n第二行"\r\n'


@pytest.mark.parametrize("rows", [[], [{"a": 1}], [{"a": 1}, {"a": "二"}]])
def test_a_json_file_is_one_list(rows):
    response = downloads.as_json("a.json", rows)
    assert json.loads(b"".join(response)) == rows
