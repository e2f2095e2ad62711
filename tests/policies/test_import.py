"""`import_policies`: a file of documents comes in, once, and says of each bad row why not."""

import base64
import datetime
import json
import lzma
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from ledger.models import Entry
from organisations.models import Organisation, OrganisationName
from outbox.models import Message
from policies import reading, rules, services
from policies.enums import Basis, Disclosure, ImportedStatus, Kind, TextState, Validity
from policies.models import (
    Effect,
    EffectReversal,
    ImportRecord,
    InterpretationPage,
    InterpretationWaiver,
    PolicyPage,
    PolicyRelation,
    Release,
)
from policies.services import Refused
from policies.transfer import importing
from policies.transfer.rows import Row
from tests import factories as make
from vocabularies.models import Territory

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

TODAY = date(2026, 3, 2)
NOW = datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _ground(db):
    make.ground()


def row(number=1, **fields):
    return {
        "id": f"law-{number}",
        "title": f"澜川省第{number}号条例",
        "issuer": "澜川省人民代表大会常务委员会",
        "doc_number": "",
        "date": "2020-06-18",
        "status": "现行有效",
        "body": "第一条 为了依法行政，制定本条例。\n第二条 本条例自公布之日起施行。",
    } | fields


@pytest.fixture
def bring(tmp_path, capsys):
    """Imports rows, or lines as they are; gives the exit status, the errors and the words."""

    def run(*lines, name="laws.jsonl", errors=None, options=()):
        file = tmp_path / name
        text = "".join(
            (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n"
            for line in lines
        )
        opened = lzma.open if name.endswith(".xz") else open
        with opened(file, "wb") as out:
            out.write(text.encode("utf-8", "surrogatepass"))
        status = 0
        try:
            call_command("import_policies", str(file), *options)
        except SystemExit as stop:
            status = int(stop.code or 0)
        report = errors or tmp_path / f"{name}.errors.jsonl"
        found = []
        if report.is_file():
            found = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
            report.unlink()
        return status, found, capsys.readouterr()

    return run


def imported(number=1):
    return PolicyPage.objects.public().get(import_record__source_id=f"law-{number}")


def number_of(page):
    return page.release.index_number


# --- what an imported document is ---------------------------------------------------------------


def test_a_row_becomes_a_released_document(bring, client):
    status, errors, words = bring(
        row(doc_number="第3号公告", region="澜川", level="地方性法规", category="地方")
    )
    assert (status, errors) == (0, [])
    assert "1 imported" in words.out
    page = imported()
    assert page.headline_zh_hans == "澜川省第1号条例"
    assert page.issued_on == date(2020, 6, 18)
    assert page.disclosure == Disclosure.PROACTIVE
    assert page.release.basis == Basis.IMPORTED
    assert page.kind == Kind.LOCAL_REGULATION
    assert page.territory.name_zh_hans == "澜川"
    assert [n.text for n in page.numbers.all()] == ["第3号公告"]
    assert page.import_record.details == {
        "region": "澜川",
        "level": "地方性法规",
        "category": "地方",
    }
    assert "第二条" in page.text
    answer = client.get(page.release.get_absolute_url())
    assert answer.status_code == 200
    assert "澜川省第1号条例" in answer.content.decode()


@pytest.mark.parametrize("name", ["laws.jsonl", "laws.jsonl.xz"])
def test_a_file_may_be_compressed(bring, name):
    assert bring(row(), name=name)[0] == 0
    assert imported()


@pytest.mark.parametrize(
    ("claim", "status", "text"),
    [
        ("现行有效", Validity.IN_FORCE, TextState.AS_ISSUED),
        ("已失效", Validity.EXPIRED, TextState.AS_ISSUED),
        ("已被修改", Validity.IN_FORCE, TextState.CHANGES_OUTSTANDING),
        ("", Validity.UNVERIFIED, TextState.AS_ISSUED),
        (None, Validity.UNVERIFIED, TextState.AS_ISSUED),
    ],
)
def test_the_claimed_status_gives_the_validity(bring, claim, status, text):
    bring(row(status=claim))
    page = imported()
    facts = page.validity_facts()
    assert rules.validity(facts, TODAY) == status
    assert PolicyPage.objects.with_validity(TODAY).get(pk=page.pk).validity_on_day == status
    assert rules.text_state(facts, None, TODAY) == text


def test_the_page_says_that_its_validity_comes_from_the_import(bring, client):
    bring(row(status="已失效"))
    words = client.get(imported().release.get_absolute_url()).content.decode()
    assert "Imported" in words or "导入" in words


@pytest.mark.parametrize("blank", ["", None])
def test_a_missing_date_or_issuer_is_shown_as_dashes(bring, client, blank):
    bring(row(date=blank, issuer=blank, doc_number=blank, region=blank))
    page = imported()
    assert page.issued_on is None
    assert not page.issuers.exists()
    assert "----" in client.get(page.release.get_absolute_url()).content.decode()


def test_only_id_title_and_body_are_needed(bring):
    status, errors, _ = bring({"id": "law-1", "title": "条例", "body": "正文"})
    assert (status, errors) == (0, [])


def test_it_owes_no_interpretation_and_is_not_new_this_week(bring):
    bring(row())
    assert not InterpretationWaiver.objects.exists()
    assert not reading.released_since(NOW - datetime.timedelta(days=3650)).exists()


def test_it_reaches_the_ledger_and_the_index(bring):
    bring(row())
    assert Entry.objects.get(action="policies.imported").data == {number_of(imported()): "law-1"}
    sent = Message.objects.filter(topic="search.index").values_list("payload", flat=True)
    assert {"type": "policy", "ids": [imported().pk]} in sent


def test_it_is_corrected_by_the_workflow_like_any_other(bring):
    team = make.team("LC-BG")
    bring(row(issuer="澜川市政府办公厅", issuers=[office("LC-BG")]))
    page = imported()
    page = make.correct(
        page,
        team,
        abstract_zh_hans="摘要",
        kind=Kind.LOCAL_REGULATION,
        adopted_on=date(2020, 6, 1),
        effective_on=date(2020, 7, 1),
        subject=make.subject(),
        headline_zh_hans="更正后的标题",
    )
    assert page.headline_zh_hans == "更正后的标题"
    assert page.release.corrections.count() == 1


# --- issuers ------------------------------------------------------------------------------------


def office(code, **fields):
    return {"code": code, "names": [{"name": {"zh-hans": "澜川市政府办公厅"}}]} | fields


def test_an_unknown_issuer_becomes_an_unverified_organisation(bring):
    bring(row(1), row(2, issuer="澜川市水务局"), row(3))
    assert number_of(imported(1)) == "U0001/2020-1"
    assert number_of(imported(2)) == "U0002/2020-1"
    assert number_of(imported(3)) == "U0001/2020-2"
    found = Organisation.objects.get(code="U0002")
    assert not found.verified
    assert found.name_on(None) == "澜川市水务局"


def test_a_known_issuer_is_found_by_any_of_its_names(bring):
    bureau = make.organisation("LC-SW", name="澜川市水务局")
    OrganisationName.objects.create(
        organisation=bureau, name_zh_hans="澜川市水利局", valid_from=date(2001, 1, 1)
    )
    bring(row(1, issuer="澜川市水务局"), row(2, issuer="澜川市水利局"))
    assert number_of(imported(1)) == "LC-SW/2020-1"
    assert number_of(imported(2)) == "LC-SW/2020-2"


def test_no_issuer_belongs_to_the_unknown_authority(bring):
    bring(row(issuer=""))
    assert number_of(imported()) == "U0000/2020-1"


def test_joint_issuers_stand_in_order_and_the_first_owns_the_document(bring):
    bring(row(issuer="澜川市水务局、澜川市财政局"))
    names = [i.organisation.name_on(None) for i in imported().issuers.all()]
    assert names == ["澜川市水务局", "澜川市财政局"]
    assert number_of(imported()) == "U0001/2020-1"


def test_two_territories_that_sound_alike_stay_two(bring):
    bring(row(1, region="山西"), row(2, region="陕西"), row(3, region="陕西"))
    assert imported(1).territory.name_zh_hans == "山西"
    assert imported(2).territory.name_zh_hans == imported(3).territory.name_zh_hans == "陕西"
    assert Territory.objects.count() == 2


def test_an_authority_known_from_imports_alone_gets_its_groups_with_its_first_member(bring):
    bring(row())
    found = Organisation.objects.get(code="U0001")
    editor = make.person("", found, "drafter")
    assert editor.has_perm("wagtailadmin.access_admin")


# --- index numbers ------------------------------------------------------------------------------


def test_without_a_date_the_year_is_that_of_the_import(bring, time_machine):
    time_machine.move_to(datetime.datetime(2026, 12, 31, 16, tzinfo=datetime.UTC), tick=False)
    bring(row(date=""))
    assert number_of(imported()) == "U0001/2027-1"


def test_a_number_that_comes_along_is_kept_and_moves_the_counter(bring):
    bring(row(1, index_number="U0001/2020-7"), row(2))
    assert number_of(imported(1)) == "U0001/2020-7"
    assert number_of(imported(2)) == "U0001/2020-8"


def test_a_number_that_comes_along_does_not_move_the_counter_back(bring):
    bring(row(1, index_number="U0001/2020-7"))
    bring(row(2, index_number="U0001/2020-3"), row(3))
    assert number_of(imported(3)) == "U0001/2020-8"


def test_a_release_after_an_import_takes_the_next_number(bring):
    team = make.team("LC-BG")
    year = rules.local_day(datetime.datetime.now(datetime.UTC)).year
    bring(row(index_number=f"LC-BG/{year}-41"))
    assert make.release_policy(team).release.serial == 42


def test_a_number_that_is_taken_is_refused(bring):
    bring(row(1, index_number="U0001/2020-7"))
    status, errors, _ = bring(
        row(2, index_number="U0001/2020-7"),
        row(3, index_number="U0001/2020-9"),
        row(4, index_number="U0001/2020-9"),
    )
    assert status == 1
    assert errors == [
        {"line": 1, "reason": "index_number: U0001/2020-7 is taken"},
        {"line": 3, "reason": "index_number: U0001/2020-9 is taken"},
    ]


# --- twice, and half-way ------------------------------------------------------------------------


def everything():
    return (
        list(PolicyPage.objects.order_by("pk").values()),
        list(Release.objects.order_by("pk").values()),
        list(ImportRecord.objects.order_by("pk").values()),
        list(Organisation.objects.order_by("pk").values()),
        Entry.objects.count(),
        Message.objects.count(),
        Effect.objects.count(),
        PolicyRelation.objects.count(),
    )


LINKED = (
    row(1, index_number="U0001/2020-1"),
    row(
        2,
        index_number="U0001/2020-2",
        effects=[{"kind": "repeals", "target": "U0001/2020-1", "effective_on": "2021-01-01"}],
        relations=[{"kind": "based_on", "target": "U0001/2020-3"}],
    ),
    row(3, index_number="U0001/2020-3"),
)


def test_importing_twice_changes_nothing(bring):
    bring(*LINKED)
    before = everything()
    status, errors, words = bring(*LINKED)
    assert (status, errors) == (0, [])
    assert "0 imported, 3 there already" in words.out
    assert everything() == before


def test_an_effect_that_an_editor_took_back_does_not_return(bring):
    bring(*LINKED)
    EffectReversal.objects.create(effect=Effect.objects.get(), reversed_at=NOW, reason="误录")
    bring(*LINKED)
    assert Effect.objects.count() == 1


def test_an_interrupted_import_is_completed_by_the_next(bring, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = [row(n) for n in range(1, 6)]

    def numbered():
        for line, one in enumerate(rows, start=1):
            if line == 4:
                raise KeyboardInterrupt
            yield line, Row.model_validate(one)

    with pytest.raises(KeyboardInterrupt):
        list(importing.import_rows(numbered(), now=NOW))
    assert ImportRecord.objects.count() == 2
    status, errors, words = bring(*rows)
    assert (status, errors) == (0, [])
    assert "3 imported, 2 there already" in words.out
    assert list(Release.objects.order_by("serial").values_list("serial", flat=True)) == [
        1,
        2,
        3,
        4,
        5,
    ]


def test_an_id_that_stands_twice_in_the_file_comes_in_once(bring):
    status, errors, _ = bring(row(1), row(2), row(1, title="另一个"))
    assert status == 1
    assert [error["line"] for error in errors] == [3]
    assert errors[0]["reason"].startswith("id: 'law-1'")
    assert ImportRecord.objects.count() == 2


# --- bad rows -----------------------------------------------------------------------------------


def picture(name, content):
    image = {"title": "图", "name": name, "data": base64.b64encode(content).decode()}
    return ["picture", {"image": image, "alternative": "图"}]


BAD = [
    ("not JSON", "{", "JSON"),
    ("a JSON array", "[1, 2]", "object"),
    ("a JSON string", '"law"', "object"),
    ("a lone surrogate", row(title="\ud800"), "JSON"),
    ("no id", {"title": "条例", "body": "正文"}, "id"),
    ("no title", {"id": "x", "body": "正文"}, "title"),
    ("an empty title", row(title="  "), "title"),
    ("a title of 501 characters", row(title="长" * 501), "title"),
    ("a title that is a number", row(title=5), "title"),
    ("no body", {"id": "x", "title": "条例"}, "body"),
    ("an empty body", row(body=""), "body"),
    ("NUL in the body", row(body="正\0文"), "body"),
    ("NUL in the region", row(region="澜\0川"), "region"),
    ("NUL in a block", row(blocks=[["text", "正\0文"]]), "blocks"),
    ("a day that is none", row(date="2021-02-29"), "date"),
    ("a day in words", row(date="去年"), "date"),
    ("a day without hyphens", row(date="20210228"), "date"),
    ("a day as a number", row(date=20210228), "date"),
    ("a day with a time", row(date="2021-02-28T00:00:00"), "date"),
    ("a year of three digits", row(date="0999-01-01"), "date"),
    ("an unknown status", row(status="有效"), "status"),
    ("a status that the export keeps for itself", row(status="dated"), "status"),
    ("an issuer with a name too long", row(issuer="长" * 256), "issuer"),
    ("a document number too long", row(doc_number="长" * 201), "doc_number"),
    ("a malformed index number", row(index_number="LC-BG/2020-01"), "index_number"),
    ("an unknown field", row(titel="条例"), "titel"),
    ("an unknown language", row(titles={"xx": "Law"}), "titles"),
    ("an unknown block", row(blocks=[["sound", "…"]]), "blocks"),
    ("a block that is no pair", row(blocks=[["text"]]), "blocks"),
    ("a malformed table", row(blocks=[["table", "1, 2"]]), "blocks"),
    ("an authority without a name", row(owner={"code": "A", "names": []}), "owner"),
    (
        "an authority without a Chinese name",
        row(owner={"code": "A", "names": [{"name": {"en": "Office"}}]}),
        "owner",
    ),
    (
        "an interpretation without a Chinese title",
        row(interpretations=[{"titles": {"en": "Why"}, "kind": "text", "body": []}]),
        "interpretations",
    ),
    (
        "an interpretation with an unfinished block",
        row(
            interpretations=[
                {
                    "titles": {"zh-hans": "解读"},
                    "kind": "questions",
                    "body": [["question", {"question": "为什么？", "answer": ""}]],
                }
            ]
        ),
        "interpretations",
    ),
    (
        "an effect without a day",
        row(effects=[{"kind": "repeals", "target": "A/2020-1", "effective_on": None}]),
        "effects",
    ),
    ("a picture of a kind that is not taken", row(blocks=[picture("a.exe", b"MZ")]), "blocks"),
    ("a picture that cannot be read", row(blocks=[picture("a.png", b"no PNG")]), "blocks"),
    ("a picture in a folder", row(blocks=[picture("../a.svg", b"<svg/>")]), "blocks"),
    ("a picture without a file", row(blocks=[["picture", {"alternative": "图"}]]), "blocks"),
]


@pytest.mark.parametrize(
    ("line", "named"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_a_bad_row_is_named_with_its_field_and_the_others_go_in(bring, line, named):
    status, errors, words = bring(row(101), line, row(102))
    assert status == 1
    assert [error["line"] for error in errors] == [2]
    assert named in errors[0]["reason"]
    assert "Traceback" not in words.err
    assert ImportRecord.objects.count() == 2


def test_every_fault_of_a_row_is_named(bring):
    _, errors, _ = bring(row(title="", date="x", status="y"))
    assert all(name in errors[0]["reason"] for name in ("title", "date", "status"))


def test_a_bad_link_does_not_keep_its_document_out(bring):
    status, errors, _ = bring(
        row(1, index_number="U0001/2020-1"),
        row(2, relations=[{"kind": "cites", "target": "U9/2020-1"}]),
        row(
            3,
            index_number="U0001/2020-3",
            effects=[{"kind": "repeals", "target": "U0001/2020-3", "effective_on": "2021-01-01"}],
        ),
    )
    assert status == 1
    assert [error["line"] for error in errors] == [2, 3]
    assert "U9/2020-1" in errors[0]["reason"]
    assert ImportRecord.objects.count() == 3


def test_effects_in_a_circle_are_refused(bring):
    def repeals(target):
        return [{"kind": "repeals", "target": target, "effective_on": "2021-01-01"}]

    status, errors, _ = bring(
        row(1, index_number="U0001/2020-1", effects=repeals("U0001/2020-2")),
        row(2, index_number="U0001/2020-2", effects=repeals("U0001/2020-1")),
    )
    assert status == 1
    assert [error["line"] for error in errors] == [2]
    assert Effect.objects.count() == 1


# --- where bad rows go --------------------------------------------------------------------------


def test_bad_rows_go_to_the_given_file(bring, tmp_path):
    path = tmp_path / "faults.jsonl"
    status, errors, words = bring("{", errors=path, options=["--errors", str(path)])
    assert status == 1
    assert errors[0]["line"] == 1
    assert str(path) in words.err


def test_bad_rows_go_to_standard_error_where_the_file_cannot_be_written(bring, tmp_path):
    status, _, words = bring("{", row(), options=["--errors", str(tmp_path / "no" / "file")])
    assert status == 1
    reported = [line for line in words.err.splitlines() if line.startswith('{"line"')]
    assert json.loads(reported[0])["line"] == 1
    assert imported()


def test_no_file_of_errors_is_made_where_there_are_none(bring, tmp_path):
    bring(row())
    assert [path.name for path in tmp_path.iterdir()] == ["laws.jsonl"]


def test_a_missing_or_damaged_file_is_one_clear_line(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_policies", str(tmp_path / "none.jsonl"))
    damaged = tmp_path / "laws.jsonl.xz"
    damaged.write_bytes(lzma.compress(b"{}\n" * 1000)[:-20])
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_policies", str(damaged))


def test_a_byte_order_mark_and_blank_lines_do_no_harm(bring):
    status, errors, _ = bring("\ufeff" + json.dumps(row()), "", "   ", row(2))
    assert (status, errors) == (0, [])
    assert ImportRecord.objects.count() == 2


# --- documents that owe an answer ---------------------------------------------------------------


def test_an_import_cannot_stand_in_for_a_draft_that_owes_an_answer(bring):
    team = make.team("LC-BG")
    draft = make.policy(team, title="澜川市停车办法", number="澜政办发〔2026〕7号")
    obligation = services.oblige(draft, reason="征求意见", user=team.manager, now=NOW)
    revised = draft.get_latest_revision_as_object()
    revised.headline_zh_hans = "澜川市停车收费办法"
    revised.save_revision(user=team.drafter)
    rows = (
        row(1, title="澜川市停车办法"),
        row(2, doc_number="澜政办发[2026] 07 号"),
        row(3, title="澜川市 停车收费办法"),
        row(4),
    )
    status, errors, _ = bring(*rows)
    assert status == 1
    assert [error["line"] for error in errors] == [1, 2, 3]
    assert "answer" in errors[0]["reason"]
    services.lift_obligation(obligation, reason="登记有误", user=team.reviewer, now=NOW)
    assert bring(*rows)[0] == 0


def test_an_imported_document_takes_no_obligation(bring):
    bring(row())
    with pytest.raises(Refused):
        services.oblige(imported(), reason="征求意见", user=make.person(), now=NOW)


# --- optional fields ----------------------------------------------------------------------------


def test_optional_fields_are_taken(bring):
    status, errors, _ = bring(
        row(
            kind="notice",
            titles={"en": "Notice on Water"},
            abstracts={"zh-hans": "关于用水。", "en": "On water."},
            ready=["en"],
            numbers=["澜水〔2020〕1号", "澜财〔2020〕2号"],
            adopted_on="2020-06-01",
            effective_on="2020-07-01",
            expires_on="2025-06-30",
            subject={"key": "water", "name": {"zh-hans": "水务"}},
            audiences=[{"key": "firms", "name": {"zh-hans": "企业"}}],
            aliases=[{"text": "用水通知"}],
            dated=True,
            interpretations=[
                {
                    "titles": {"zh-hans": "解读用水通知"},
                    "kind": "text",
                    "speaker": "水务局",
                    "body": [["text", "<p>为什么。</p>"]],
                }
            ],
        )
    )
    assert (status, errors) == (0, [])
    page = imported()
    assert page.kind == Kind.NOTICE
    assert page.headline_in("en") == "Notice on Water"
    assert page.import_record.status == ImportedStatus.DATED
    assert rules.validity(page.validity_facts(), date(2020, 6, 30)) == Validity.NOT_YET
    assert rules.validity(page.validity_facts(), date(2025, 7, 1)) == Validity.EXPIRED
    assert [alias.text for alias in page.popular_names.all()] == ["用水通知"]
    assert InterpretationPage.objects.public().get().words == "为什么。"


def test_the_catalogue_shows_imported_documents(bring, client):
    bring(row())
    assert "澜川省第1号条例" in client.get(reverse("policies:catalogue")).content.decode()
