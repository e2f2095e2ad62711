"""`export_policies`: what it writes imports into an empty site to the same pages."""

import datetime
import json
import lzma
from datetime import date
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import transaction
from django.utils import translation
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from organisations import services as organisations
from organisations.models import Organisation
from policies import reading, rules, services
from policies.enums import EffectKind, InterpretationKind, RelationKind
from policies.models import (
    Effect,
    InterpretationPage,
    PolicyAlias,
    PolicyAttachment,
    PolicyNumber,
    PolicyRelation,
    ProposedEffect,
    Release,
)
from tests import factories as make
from vocabularies.models import Audience, Territory

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC)
DAYS = [date(2025, 1, 1), date(2026, 3, 2), date(2027, 1, 1), date(2035, 1, 1)]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"><path d="M0 0h8v6z"/></svg>'
TABLE = {
    "columns": [{"type": "text", "heading": "车型"}, {"type": "numeric", "heading": "元"}],
    "rows": [{"values": ["小型车", "5.5"]}, {"values": ["大型车", "10"]}],
    "caption": "收费标准",
}


def stored(model, of, title, name, content):
    return model.objects.create(
        title=title,
        file=ContentFile(content, name=name),
        collection=organisations.collection_of(of.organisation),
    )


def table(page):
    block = page._meta.get_field("body").stream_block.child_blocks["table"]
    return block.to_python(TABLE)


def small_city():
    """A site with a document of every sort that an export has to carry over."""
    city = make.organisation("LC", name="澜川市人民政府")
    bureau = make.team("LC-JT", name="澜川市交通局", parent=city)
    finance = make.team("LC-CZ", name="澜川市财政局")
    old = make.release_policy(bureau, title="澜川市旧停车办法")
    partly = make.release_policy(bureau, title="澜川市道路办法")
    amended = make.release_policy(bureau, title="澜川市公交办法")
    extended = make.release_policy(bureau, title="澜川市试行办法", expires_on=date(2026, 12, 31))
    draft = make.policy(bureau, title="澜川市停车收费办法", number="澜交发〔2026〕1号")
    values = {
        "headline_en": "Lanchuan Parking Charges Measures",
        "headline_ar": "تدابير رسوم مواقف السيارات",
        "abstract_en": "What parking costs.",
        "translation_ready_en": True,
        "adoption_note": "2026年1月5日市政府第3次常务会议通过",
        "expires_on": date(2031, 1, 31),
        "territory": Territory.objects.create(key="city", name_zh_hans="全市", name_en="City"),
        "audiences": [
            Audience.objects.create(key="drivers", name_zh_hans="车主", sort_order=1),
            Audience.objects.create(key="car-parks", name_zh_hans="停车场", sort_order=2),
        ],
        "numbers": [PolicyNumber(text="澜交发〔2026〕1号"), PolicyNumber(text="第8号令")],
        "popular_names": [
            PolicyAlias(text="停车新规"),
            PolicyAlias(text="Parking rules", language="en"),
        ],
        "attachments": [
            PolicyAttachment(
                title="申请表",
                document=stored(get_document_model(), bureau, "表", "form.txt", b"a form"),
            )
        ],
        "body": [
            ("text", make.LAW),
            ("table", table(draft)),
            (
                "picture",
                {
                    "image": stored(get_image_model(), bureau, "图", "map.svg", SVG),
                    "alternative": "停车区域图",
                },
            ),
        ],
        "relations": [PolicyRelation(kind=RelationKind.BASED_ON, target=partly)],
        "proposed_effects": [
            ProposedEffect(kind=EffectKind.REPEALS, target=old, effective_on=date(2026, 2, 1)),
            ProposedEffect(
                kind=EffectKind.PARTLY_REPEALS,
                target=partly,
                provisions=["art-2", "art-3"],
                effective_on=date(2026, 6, 1),
            ),
            ProposedEffect(kind=EffectKind.AMENDS, target=amended, effective_on=date(2026, 2, 1)),
            ProposedEffect(
                kind=EffectKind.EXTENDS,
                target=extended,
                effective_on=date(2026, 12, 1),
                until_on=date(2030, 12, 31),
            ),
        ],
    }
    issuer = draft.issuers.first()
    for name, value in values.items():
        setattr(draft, name, value)
    draft.issuers = [issuer, type(issuer)(organisation=finance.organisation)]
    draft.save_revision(user=bureau.drafter)
    explanation = make.interpretation(
        bureau,
        draft,
        kind=InterpretationKind.QUESTIONS,
        headline_en="Questions on parking",
        translation_ready_en=True,
        body=[
            ("question", {"question": "多少钱？", "answer": "<p>五元五角。</p>"}),
            (
                "picture",
                {
                    "image": stored(get_image_model(), bureau, "解读图", "why.svg", SVG),
                    "alternative": "小型车五元五角",
                },
            ),
        ],
    )
    page = make.review(draft, bureau)
    make.correct(page, bureau, headline_zh_hans="澜川市停车收费管理办法", attachments=[])
    explanation = InterpretationPage.objects.get(pk=explanation.pk)
    make.correct(explanation, bureau, headline_zh_hans="停车收费问答", speaker="停车管理处")
    make.release_policy(finance, title="澜川市预算办法")
    organisations.rename(
        bureau.organisation,
        {"zh-hans": "澜川市交通委员会", "en": "Lanchuan Transport Commission"},
        valid_from=date(2026, 9, 1),
        now=NOW,
    )
    roads = make.organisation("LC-GL", name="澜川市公路局", parent=bureau.organisation)
    organisations.merge([roads], [bureau.organisation], on=date(2025, 7, 1), now=NOW)
    hidden = make.release_policy(finance, title="澜川市撤回办法")
    services.withdraw(
        hidden.release, reason="有误", still_proactive=True, user=finance.publisher, now=NOW
    )
    make.policy(finance, title="澜川市草案")


def shown():
    """What the public sees of each document, by index number."""
    return {
        release.index_number: _facts(reading.policy_for_page(release))
        for release in Release.objects.all()
        if reading.policy_for_page(release)
    }


def tree():
    """The organisations with their parents, their names through time, and who succeeded them."""
    return {
        organisation.code: (
            organisation.level,
            organisation.verified,
            organisation.parent and organisation.parent.code,
            [organisation.name_on(day, code) for day in DAYS for code in ("zh-hans", "en")],
            [(s.successor.code, s.on) for s in organisation.successions.all()],
            organisation.page.title,
        )
        for organisation in Organisation.objects.all()
    }


def _facts(page):
    known = page.validity_facts()
    life = reading.life_of(page)
    return {
        "address": page.release.get_absolute_url(),
        "fields": {
            name: str(getattr(page, name))
            for name in (
                "kind",
                "disclosure",
                "adoption_note",
                "adopted_on",
                "issued_on",
                "effective_on",
                "expires_on",
                "consolidated_as_of",
            )
        },
        "texts": _texts(page),
        "numbers": [number.text for number in page.numbers.all()],
        "issuers": [
            [issuer.organisation.name_on(day, language) for day in DAYS]
            for issuer in page.issuers.all()
            for language in ("zh-hans", "en")
        ],
        "popular names": [(alias.text, alias.language) for alias in page.popular_names.all()],
        "subject": page.subject and (page.subject.key, page.subject.label("zh-hans")),
        "territory": page.territory and (page.territory.key, page.territory.label("en")),
        "audiences": [(a.key, a.label("zh-hans")) for a in page.audiences.all()],
        "body": _blocks(page.body),
        "attachments": [(item.title, _content(item.document)) for item in page.attachments.all()],
        "validity": [rules.validity(known, day) for day in DAYS],
        "repealed provisions": [sorted(rules.repealed_provisions(known, day)) for day in DAYS],
        "text state": [rules.text_state(known, page.consolidated_as_of, day) for day in DAYS],
        "effects": sorted(
            (
                e.kind,
                e.source.release.index_number,
                e.target.release.index_number,
                tuple(e.provisions),
                str(e.effective_on),
                str(e.until_on),
                e.applied,
            )
            for e in [*life.on_it, *life.of_it]
            if {e.source_id, e.target_id} & life.others.keys()
        ),
        "relations": [
            (r.kind, r.page.release.index_number, r.target.release.index_number)
            for r in [*life.relations, *life.relations_to_it]
            if {r.page_id, r.target_id} & life.others.keys()
        ],
        "interpretations": [
            (
                i.release.get_absolute_url(),
                _texts(i),
                i.kind,
                i.speaker,
                str(i.signed_on),
                _blocks(InterpretationPage.objects.get(pk=i.pk).body),
                [
                    (c.seq, c.corrected_at, c.reason, c.old_headline, _kept(c), c.old_facts)
                    for c in i.release.corrections.all()
                ],
            )
            for i in life.interpretations
        ],
        "corrections": [
            (
                c.seq,
                c.corrected_at,
                c.reason,
                c.old_headline,
                _kept(c),
                c.old_facts,
                [(item.title, _content(item.document)) for item in reading.older_attachments(c)],
            )
            for c in page.release.corrections.all()
        ],
    }


def _texts(page):
    return [
        (language, page.headline_in(language), page.abstract_in(language))
        for language in ("zh-hans", "en", "ar")
    ]


def _blocks(body):
    return [
        (block.block_type, [_content(block.value[name]) for name in block.value])
        if block.block_type in ("picture", "question")
        else (block.block_type, block.block.get_prep_value(block.value))
        for block in body
    ]


def _content(value):
    if not hasattr(value, "file"):
        return str(value)
    with value.file.open("rb") as file:
        return file.read()


def _kept(correction):
    return [kind for kind, _value in correction.old_body]


def command(name, file):
    """Calls a command with a file; gives what it printed."""
    words = StringIO()
    report = file.with_suffix(".errors")
    options = {"errors": report} if name == "import_policies" else {}
    try:
        call_command(name, str(file), stdout=words, **options)
    except SystemExit:
        pytest.fail(report.read_text("utf-8"))
    return words.getvalue()


@pytest.fixture(autouse=True)
def _empty_site(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    make.ground()


@pytest.fixture(scope="module")
def exported(django_db_setup, django_db_blocker, tmp_path_factory):
    """Builds the small city, exports it, takes it away; gives the file and what was shown."""
    file = tmp_path_factory.mktemp("export") / "city.jsonl"
    with django_db_blocker.unblock(), translation.override("zh-hans"), transaction.atomic():
        small_city()
        facts = shown()
        organised = tree()
        assert "6 exported" in command("export_policies", file)
        command("export_policies", file.with_name("city.jsonl.xz"))
        transaction.set_rollback(True)
    return file, facts, organised


@pytest.fixture
def file(exported):
    return exported[0]


@pytest.fixture
def city(exported):
    return exported[1]


@pytest.fixture
def organised(exported):
    return exported[2]


def rows_of(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_an_export_imports_into_an_empty_site_to_the_same_pages(file, city):
    command("import_policies", file)
    found = shown()
    assert found.keys() == city.keys()
    for number, facts in city.items():
        for name, value in facts.items():
            assert found[number][name] == value, f"{name} of {number}"


def test_an_export_brings_the_whole_tree_of_organisations(file, organised):
    command("import_policies", file)
    assert tree() == organised
    assert organised["LC-GL"][2:5:2] == ("LC-JT", [("LC-JT", date(2025, 7, 1))])


def test_a_known_organisation_stays_as_it_is(file):
    make.organisation("LC-JT", name="另一个局")
    command("import_policies", file)
    known = Organisation.objects.get(code="LC-JT")
    assert known.parent is None
    assert known.name_on(None) == "另一个局"
    assert Organisation.objects.get(code="LC-GL").parent == known


def test_a_row_whose_organisations_have_no_end_is_refused(file, tmp_path):
    first, *others = rows_of(file)
    circle = {"level": "", "verified": True, "names": [{"name": {"zh-hans": "甲"}}]}
    first["organisations"] = [
        circle | {"code": "A", "parent": "B"},
        circle | {"code": "B", "parent": "A"},
    ]
    bad = tmp_path / "bad.jsonl"
    bad.write_text("".join(json.dumps(row) + "\n" for row in [first, *others]), "utf-8")
    with pytest.raises(pytest.fail.Exception, match="there is no parent"):
        command("import_policies", bad)
    assert not Organisation.objects.filter(code__in="AB").exists()


def test_importing_the_export_again_adds_nothing(file, city):
    command("import_policies", file)
    assert "0 imported, 6 there already" in command("import_policies", file)
    assert Effect.objects.count() == 4
    assert PolicyRelation.objects.count() == 1
    assert shown() == city


def test_the_second_export_is_the_first(file, tmp_path):
    command("import_policies", file)
    command("export_policies", tmp_path / "again.jsonl")
    assert rows_of(tmp_path / "again.jsonl") == rows_of(file)


def test_an_export_may_be_compressed(file):
    with lzma.open(file.with_name("city.jsonl.xz"), "rt", encoding="utf-8") as compressed:
        assert compressed.read() == file.read_text("utf-8")


def test_every_row_has_the_common_core(file):
    rows = rows_of(file)
    for row in rows:
        assert {"id", "title", "issuer", "doc_number", "date", "status", "body"} <= row.keys()
    status = {row["title"]: row["status"] for row in rows}
    assert status["澜川市旧停车办法"] == "已失效"
    assert status["澜川市公交办法"] == "已被修改"
    assert status["澜川市停车收费管理办法"] == "现行有效"


def test_what_is_withdrawn_or_a_draft_is_not_exported(file):
    text = file.read_text("utf-8")
    assert "撤回办法" not in text
    assert "草案" not in text


def test_an_imported_corpus_survives_the_way_out_and_in(tmp_path):
    rows = [
        {
            "id": f"law-{n}",
            "title": f"澜川省第{n}号条例",
            "issuer": "省人大、省政府",
            "doc_number": f"第{n}号",
            "date": "2020-06-18" if n else "",
            "status": status,
            "body": "第一条 为了依法行政。",
            "region": "山西",
            "level": "地方性法规",
        }
        for n, status in enumerate(["现行有效", "已失效", "已被修改", ""])
    ]
    corpus, out = tmp_path / "corpus.jsonl", tmp_path / "out.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    with transaction.atomic():
        command("import_policies", corpus)
        facts = shown()
        command("export_policies", out)
        transaction.set_rollback(True)
    command("import_policies", out)
    assert shown() == facts
    assert Release.objects.count() == 4
    written = {row["id"]: row for row in rows_of(out)}
    assert all(written[row["id"]].items() >= row.items() for row in rows)
