"""更正: a released text changes only by the workflow, with a reason, and the older text stays."""

from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from wagtail.documents import get_document_model

from policies.enums import InterpretationKind, Kind
from policies.models import (
    Correction,
    InterpretationCorrection,
    PolicyAlias,
    PolicyAttachment,
    PolicyIssuer,
    PolicyNumber,
    PolicyPage,
    Release,
)
from policies.services import Refused
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NEW_TEXT = [("text", make.LAW.replace("保障公民的知情权", "保障公民、法人的知情权"))]


@pytest.fixture
def bureau():
    return make.team("LC-BG")


@pytest.fixture
def page(bureau):
    return make.release_policy(bureau)


CHANGES = [
    ("headline_zh_hans", "更正后的标题"),
    ("body", NEW_TEXT),
    ("kind", Kind.OPINIONS),
    ("numbers", [PolicyNumber(text="澜政发〔2026〕99号")]),
    ("adoption_note", "2026年1月5日市政府第3次常务会议通过"),
    ("adopted_on", date(2026, 1, 6)),
    ("issued_on", date(2026, 1, 9)),
    ("effective_on", date(2026, 3, 1)),
    ("expires_on", date(2031, 1, 31)),
]


@pytest.mark.parametrize(("field", "value"), CHANGES, ids=[name for name, _ in CHANGES])
def test_a_changed_text_without_a_reason_is_refused(bureau, page, field, value):
    before = getattr(page, field)
    with pytest.raises(Refused, match=r"reason|理由"):
        make.correct(page, bureau, correction_reason=" ", **{field: value})
    assert not Correction.objects.exists()
    if field != "numbers":
        assert getattr(PolicyPage.objects.get(pk=page.pk), field) == before


def test_another_attachment_is_a_correction(bureau, page):
    form = get_document_model().objects.create(title="表", file=ContentFile(b"a form", "a.txt"))
    attached = [PolicyAttachment(title="申请表", document=form)]
    make.correct(page, bureau, attachments=attached, correction_reason="补充附件")
    assert Correction.objects.get().old_facts["attachments"] == []


def test_a_correction_keeps_the_older_text_in_a_row(bureau, page):
    title = page.headline_zh_hans
    corrected = make.correct(
        page, bureau, body=NEW_TEXT, headline_zh_hans="更正后的标题", correction_reason="错字"
    )
    assert "公民、法人" in corrected.text
    kept = Correction.objects.get()
    assert (kept.release, kept.seq, kept.reason) == (page.release, 1, "错字")
    assert kept.old_headline == title
    assert kept.old_body == [["text", make.LAW]]
    assert kept.old_facts["effective_on"] == "2026-02-01"
    assert kept.old_facts["numbers"] == [number.text for number in page.numbers.all()]
    assert kept.old_facts["issuers"] == ["LC-BG"]


def test_a_correction_changes_neither_number_nor_address_nor_day_of_release(bureau, page):
    before = Release.objects.values().get()
    corrected = make.correct(page, bureau, body=NEW_TEXT)
    assert Release.objects.values().get() == before
    assert corrected.get_url_parts() == page.get_url_parts()


def test_the_older_text_stays_readable_at_the_same_address(client, bureau, page):
    make.correct(page, bureau, body=NEW_TEXT, correction_reason="漏列了法人")
    address = page.release.get_absolute_url()
    assert "公民、法人" in client.get(address).content.decode()
    assert "漏列了法人" in client.get(address).content.decode()
    old = client.get(address, {"version": "1"}).content.decode()
    assert "保障公民的知情权" in old
    assert "公民、法人" not in old


def test_each_correction_needs_a_reason_of_its_own(bureau, page):
    page = make.correct(page, bureau, body=NEW_TEXT, correction_reason="错字")
    with pytest.raises(Refused):
        make.correct(page, bureau, headline_zh_hans="又一个标题", correction_reason="错字")
    assert Correction.objects.count() == 1


def test_a_second_correction_gets_the_next_number(bureau, page):
    page = make.correct(page, bureau, body=NEW_TEXT)
    make.correct(page, bureau, headline_zh_hans="又一个标题")
    assert list(Correction.objects.values_list("seq", flat=True)) == [1, 2]


def test_metadata_alone_makes_no_correction(bureau, page):
    page = make.correct(
        page,
        bureau,
        abstract_zh_hans="更好的摘要",
        headline_en="Measures on Open Government",
        popular_names=[PolicyAlias(text="公开办法")],
        subject=make.subject("law", "法治"),
        correction_reason="",
    )
    assert page.abstract_zh_hans == "更好的摘要"
    assert not Correction.objects.exists()


def test_a_correction_that_only_one_person_passed_is_refused(bureau, page):
    draft = page.get_latest_revision_as_object()
    draft.body, draft.correction_reason = NEW_TEXT, "错字"
    revision = draft.save_revision(user=bureau.drafter)
    with pytest.raises(Refused):
        revision.publish(user=bureau.publisher)
    assert PolicyPage.objects.get(pk=page.pk).text == make.LAW


def test_an_incomplete_correction_is_refused(bureau, page):
    with pytest.raises(Refused):
        make.correct(page, bureau, abstract_zh_hans="<p></p>")


def test_publishing_an_older_revision_is_refused(bureau, page):
    first = page.live_revision
    page = make.correct(page, bureau, body=NEW_TEXT)
    with pytest.raises(Refused):
        first.publish(user=bureau.publisher)
    assert "公民、法人" in PolicyPage.objects.get(pk=page.pk).text


def test_the_older_text_comes_back_by_a_correction_of_its_own(bureau, page):
    page = make.correct(page, bureau, body=NEW_TEXT)
    make.correct(page, bureau, body=[("text", make.LAW)], correction_reason="恢复原文")
    assert PolicyPage.objects.get(pk=page.pk).text == make.LAW
    assert Correction.objects.count() == 2


def test_a_text_with_a_table_of_numbers_is_corrected(client, bureau):
    page = make.policy(bureau)
    block = page.body.stream_block.child_blocks["table"]
    table = {
        "columns": [{"type": "numeric", "heading": "元"}],
        "rows": [{"values": ["5.5"]}],
        "caption": "收费标准",
    }
    page.body = [("text", make.LAW), ("table", block.to_python(table))]
    page.save_revision(user=bureau.drafter)
    page = make.review(page, bureau)
    make.correct(page, bureau, body=[("text", make.LAW)])
    assert Correction.objects.get().old_body[1][1]["rows"] == [{"values": ["5.5"]}]
    old = client.get(page.release.get_absolute_url(), {"version": "1"})
    assert "5.5" in old.content.decode()


def old_page(client, released, version=1):
    response = client.get(released.release.get_absolute_url(), {"version": version})
    assert response.status_code == 200
    return response.content.decode()


def test_the_older_facts_are_shown_with_the_older_text(client, bureau):
    form = get_document_model().objects.create(title="表", file=ContentFile(b"a form", "a.txt"))
    page = make.policy(bureau, number="澜政发〔2026〕7号", expires_on=date(2031, 1, 31))
    page.attachments = [PolicyAttachment(title="旧申请表", document=form)]
    page.adoption_note = "2026年1月5日市政府第3次常务会议通过"
    page.save_revision(user=bureau.drafter)
    page = make.review(page, bureau)
    other = make.organisation("LC-SW", name="澜川市水务局")
    make.correct(
        page,
        bureau,
        numbers=[PolicyNumber(text="澜政发〔2026〕99号")],
        issuers=[PolicyIssuer(organisation=other)],
        abstract_zh_hans="更正后的摘要。",
        adoption_note="2026年1月6日市政府第4次常务会议通过",
        attachments=[],
        kind=Kind.OPINIONS,
        issued_on=date(2026, 1, 9),
        expires_on=date(2032, 2, 29),
    )
    old = old_page(client, page)
    for words in (
        "这是旧文本",
        "澜政发〔2026〕7号",
        "澜川市第LC-BG局",
        "规定公开的范围、方式和时限。",
        "第3次常务会议",
        "旧申请表",
        form.url,
        str(Kind.NOTICE.label),
        'datetime="2031-01-31"',
    ):
        assert words in old
    for words in ("99号", "澜川市水务局", "更正后的摘要", "第4次", 'datetime="2032-02-29"'):
        assert words not in old


def test_an_older_text_has_no_translation(client, bureau):
    page = make.policy(bureau, headline_en="Measures", translation_ready_en=True)
    page = make.review(page, bureau)
    title = page.headline_zh_hans
    make.correct(page, bureau, headline_zh_hans="更正后的标题")
    old = client.get(f"/en{page.release.get_absolute_url()}", {"version": 1}).content.decode()
    assert title in old
    assert "更正后的标题" not in old
    assert "Measures" not in old
    assert "This is an older text" in old


def test_a_text_kept_without_facts_shows_dashes(client, bureau, page):
    Correction.objects.create(
        release=page.release,
        seq=1,
        corrected_at=page.release.released_at,
        reason="错字",
        old_headline="旧标题",
        old_body=[["text", make.LAW]],
        old_facts={"attachments": [["没有的文件", "0" * 40]]},
    )
    old = old_page(client, page)
    assert "旧标题" in old
    assert "----" in old
    assert "没有的文件" in old


@pytest.fixture
def explanation(bureau, page):
    return make.review(make.interpretation(bureau, page), bureau)


NEW_EXPLANATION = [("text", "<p>说得更清楚。</p>")]

INTERPRETATION_CHANGES = [
    ("headline_zh_hans", "更正后的标题"),
    ("body", NEW_EXPLANATION),
    ("kind", InterpretationKind.EXPERT),
    ("speaker", "法制处"),
    ("signed_on", date(2026, 1, 9)),
]


@pytest.mark.parametrize(
    ("field", "value"), INTERPRETATION_CHANGES, ids=[name for name, _ in INTERPRETATION_CHANGES]
)
def test_a_changed_interpretation_without_a_reason_is_refused(bureau, explanation, field, value):
    with pytest.raises(Refused, match=r"reason|理由"):
        make.correct(explanation, bureau, correction_reason=" ", **{field: value})
    assert not InterpretationCorrection.objects.exists()


def test_a_corrected_interpretation_keeps_its_address(bureau, explanation):
    address = explanation.release.get_absolute_url()
    corrected = make.correct(explanation, bureau, body=NEW_EXPLANATION)
    assert "更清楚" in corrected.words
    assert corrected.release.get_absolute_url() == address


def test_the_older_text_of_an_interpretation_stays_readable(client, bureau, explanation):
    make.correct(
        explanation,
        bureau,
        body=NEW_EXPLANATION,
        speaker="法制处",
        signed_on=date(2026, 1, 9),
        correction_reason="说得不清楚",
    )
    kept = InterpretationCorrection.objects.get()
    assert (kept.release, kept.seq, kept.reason) == (explanation.release, 1, "说得不清楚")
    address = explanation.release.get_absolute_url()
    today = client.get(address).content.decode()
    assert "说得更清楚" in today
    assert "说得不清楚" in today
    assert "?version=1" in today
    old = old_page(client, explanation)
    assert "办法说了什么" in old
    assert "政策法规处" in old
    assert "这是旧文本" in old
    assert "说得更清楚" not in old
    assert "法制处" not in old
    assert client.get(address, {"version": "2"}).status_code == 404


def test_a_new_summary_alone_makes_no_correction_of_an_interpretation(bureau, explanation):
    make.correct(explanation, bureau, abstract_zh_hans="摘要", correction_reason="")
    assert not InterpretationCorrection.objects.exists()


def test_no_sql_changes_or_removes_what_was_corrected(bureau, page, explanation):
    make.correct(page, bureau, body=NEW_TEXT)
    make.correct(explanation, bureau, body=NEW_EXPLANATION)
    for table in ("policies_correction", "policies_interpretationcorrection"):
        for statement in (f"UPDATE {table} SET reason = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
