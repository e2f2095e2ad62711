"""A comment by the web form: every answer it can get, and the receipt."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consultations import services
from consultations.enums import Change, Suspicion
from consultations.models import Comment, CommentText
from personaldata.models import ContactRecord
from tests import factories
from tests.clock import at, standing_at
from tests.consultations.conftest import FRIDAY
from tests.uploads import files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("announced_once")]

OPEN = at("2026-02-20", "12:00")
LATE = at("2026-02-28", "00:00")


@pytest.fixture
def citizen():
    """Li, with a browser that checks tokens as every browser's server does."""
    return Client(enforce_csrf_checks=True)


def address(announcement, language=""):
    prefix = f"/{language}" if language else ""
    return f"{prefix}/consultations/{announcement.slug}/comment/"


def field(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())[1]


def open_form(citizen, announcement, language="", query=""):
    page = citizen.get(address(announcement, language) + query)
    assert page.status_code == 200
    hidden = ("csrfmiddlewaretoken", "submission_id", "version")
    return {name: field(page, name) for name in hidden}


def send(citizen, announcement, form=None, language="", **fields):
    form = open_form(citizen, announcement, language) if form is None else form
    return citizen.post(address(announcement, language), form | {"text": "建议放宽"} | fields)


def code_on(citizen, answer):
    page = citizen.get(answer["Location"])
    return re.search(r'id="receipt-code"[^>]*>([^<]*)<', page.content.decode())[1]


def test_a_comment_is_acknowledged_with_a_code_that_is_in_no_address(citizen, announcement):
    with standing_at(OPEN):
        answer = send(citizen, announcement)
        assert answer.status_code == 303
        code = code_on(citizen, answer)
    comment = Comment.objects.get()
    assert services.find(code) == comment
    assert comment.texts.get().text == "建议放宽"
    assert code not in answer["Location"]
    assert code.replace("-", "") not in str(answer.cookies)
    cookie = answer.cookies[f"gk_receipt_{announcement.slug}"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 1800)


def test_the_receipt_shows_its_code_in_another_language_too(citizen, announcement):
    with standing_at(OPEN):
        answer = send(citizen, announcement)
        code = code_on(citizen, answer)
        address = f"/ar{answer['Location']}"
        assert code in citizen.get(address).content.decode()
        assert code not in Client().get(address).content.decode()


def test_a_browser_keeps_the_codes_of_its_last_five_receipts(citizen, team):
    with standing_at(FRIDAY):
        announced = [factories.announce(team) for _ in range(6)]
    with standing_at(OPEN):
        answers = [send(citizen, one) for one in announced]
        assert b'id="receipt-code"' not in citizen.get(answers[0]["Location"]).content
        for answer in answers[1:]:
            assert code_on(citizen, answer)


def test_the_code_is_shown_for_30_minutes_and_in_no_other_browser(citizen, announcement):
    with standing_at(OPEN):
        answer = send(citizen, announcement)
        other = Client().get(answer["Location"])
        assert other.status_code == 200
        assert b'id="receipt-code"' not in other.content
    name = f"gk_receipt_{announcement.slug}"
    cookie = citizen.cookies[name].value
    with standing_at(at("2026-02-20", "12:31")):
        late = Client(headers={"cookie": f"{name}={cookie}"}).get(answer["Location"])
        assert b'id="receipt-code"' not in late.content


def test_the_cookie_of_one_consultation_shows_nothing_at_another(citizen, announcement, team):
    with standing_at(OPEN):
        other = factories.announce(team)
        send(citizen, announcement)
        cookie = citizen.cookies[f"gk_receipt_{announcement.slug}"].value
        forged = Client(headers={"cookie": f"gk_receipt_{other.slug}={cookie}"})
        page = forged.get(f"/consultations/{other.slug}/receipt/")
    assert b'id="receipt-code"' not in page.content


def test_a_resend_of_one_form_makes_one_comment_and_the_same_code(citizen, announcement):
    with standing_at(OPEN):
        form = open_form(citizen, announcement)
        codes = {code_on(citizen, send(citizen, announcement, form)) for _ in range(3)}
    assert len(codes) == 1
    assert Comment.objects.count() == 1


def test_a_resend_after_the_close_still_leads_to_the_receipt(citizen, announcement):
    with standing_at(OPEN):
        form = open_form(citizen, announcement)
        code = code_on(citizen, send(citizen, announcement, form))
    with standing_at(LATE):
        assert code_on(citizen, send(citizen, announcement, form)) == code


def test_another_text_in_a_form_that_was_sent_is_not_lost_in_silence(citizen, announcement):
    with standing_at(OPEN):
        form = open_form(citizen, announcement)
        send(citizen, announcement, form)
        answer = send(citizen, announcement, form, text="想了想，还是收紧")
        page = citizen.get(answer["Location"]).content.decode()
    assert Comment.objects.count() == 1
    assert "建议放宽" in page
    assert 'role="alert"' in page
    assert "data-sent" not in page


@pytest.mark.parametrize("moment", ["10:00:59", "00:00"])
def test_before_and_after_it_is_409_with_what_was_typed(citizen, announcement, moment):
    with standing_at(OPEN):
        form = open_form(citizen, announcement)
    day = "2026-02-13" if moment == "10:00:59" else "2026-02-28"
    with standing_at(at(day, moment)):
        answer = send(citizen, announcement, form, text="迟到一秒的意见")
    assert answer.status_code == 409
    assert "迟到一秒的意见" in answer.content.decode()
    assert not Comment.objects.exists()


def test_in_the_last_second_it_is_taken(citizen, announcement):
    with standing_at(at("2026-02-27", "23:59:59")):
        assert send(citizen, announcement).status_code == 303


def test_a_withdrawn_draft_takes_nothing(citizen, announcement, team):
    with standing_at(OPEN) as now:
        form = open_form(citizen, announcement)
        services.withdraw(announcement, reason="重新论证", user=team.publisher, now=now)
        answer = send(citizen, announcement, form)
        assert citizen.get(address(announcement)).status_code == 409
    assert answer.status_code == 409
    assert not Comment.objects.exists()


WRONG = [
    ({"text": ""}, "text"),
    ({"text": "   \r\n "}, "text"),
    ({"text": "长" * 10_001}, "text"),
    ({"text": "零\x00字节"}, "text"),
    ({"email": "li.example.com"}, "email"),
    ({"phone": "请勿致电"}, "phone"),
    ({"represents": "某" * 201}, "represents"),
    ({"name": "某" * 101}, "name"),
    ({"clause": "art-99"}, "clause"),
    ({"send_receipt": "1"}, "email"),
]


@pytest.mark.parametrize(("fields", "wrong"), WRONG)
def test_what_is_not_in_order_is_422_and_given_back(citizen, announcement, fields, wrong):
    typed = {"name": "李雷", "represents": "某合作社", "clause": "art-5", "consent_publish": "1"}
    with standing_at(OPEN):
        answer = send(citizen, announcement, **typed | fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{wrong}-bad"' in page
    for name, value in (typed | fields).items():
        if name in {"name", "represents"}:
            assert value in page
    assert not Comment.objects.exists()
    assert not ContactRecord.objects.exists()


def test_the_longest_text_is_taken_as_browsers_send_it(citizen, announcement):
    with standing_at(OPEN):
        answer = send(citizen, announcement, text="行\r\n" * 4_999 + "完。")
    assert answer.status_code == 303
    assert len(CommentText.objects.get().text) == 10_000


def test_without_a_token_it_is_403_with_what_was_typed_and_a_new_token(citizen, announcement):
    with standing_at(OPEN):
        answer = send(citizen, announcement, {}, text="没有令牌的意见", name="李雷")
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "没有令牌的意见" in page
        assert "李雷" in page
        token = {"csrfmiddlewaretoken": field(answer, "csrfmiddlewaretoken")}
        assert send(citizen, announcement, token).status_code == 303
    assert not Comment.objects.filter(texts__text="没有令牌的意见").exists()


def test_a_form_sent_to_nowhere_is_404_and_its_token_is_checked_first(citizen):
    assert Client().post("/consultations/no-such-2026-1/comment/").status_code == 404
    assert citizen.post("/consultations/no-such-2026-1/comment/").status_code == 404


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_answer_is_in_the_language_of_its_address(citizen, announcement, language):
    with standing_at(OPEN):
        wrong = send(citizen, announcement, language=language, text="")
        right = send(citizen, announcement, language=language)
    assert f'<html lang="{language}"' in wrong.content.decode()
    assert right["Location"].startswith(f"/{language}/consultations/")
    assert Comment.objects.get().language == language


def test_twenty_comments_an_hour_pass_and_the_next_waits(citizen, announcement, settings):
    with standing_at(OPEN):
        for number in range(settings.COMMENTS_PER_HOUR):
            assert send(citizen, announcement, text=f"意见{number}").status_code == 303
        answer = send(citizen, announcement, text="第二十一条意见", name="李雷")
    assert answer.status_code == 429
    assert answer["Retry-After"]
    assert "第二十一条意见" in answer.content.decode()
    assert Comment.objects.count() == settings.COMMENTS_PER_HOUR


@pytest.mark.parametrize("fields", [{"clause": "art-99"}, {"email": "wrong"}])
def test_what_was_not_taken_is_not_counted(citizen, announcement, settings, fields):
    settings.COMMENTS_PER_HOUR = 1
    with standing_at(OPEN):
        for _ in range(3):
            assert send(citizen, announcement, **fields).status_code == 422
        assert send(citizen, announcement).status_code == 303
        assert send(citizen, announcement, text="第二条意见").status_code == 429


def test_the_same_text_is_warned_of_and_taken_when_it_is_meant(citizen, announcement):
    with standing_at(OPEN):
        send(citizen, announcement)
        warned = send(citizen, announcement)
        assert warned.status_code == 422
        assert "建议放宽" in warned.content.decode()
        assert send(Client(), announcement).status_code == 303
        again = {
            name: field(warned, name)
            for name in ("csrfmiddlewaretoken", "submission_id", "version", "again")
        }
        assert send(citizen, announcement, again).status_code == 303
    assert Comment.objects.filter(suspicion=Suspicion.REPEATED).count() == 1
    assert Comment.objects.count() == 3


def test_the_same_text_is_warned_of_in_another_language_too(citizen, announcement):
    with standing_at(OPEN):
        send(citizen, announcement, language="en")
        assert send(citizen, announcement, language="ar").status_code == 422
        assert send(citizen, announcement, text="另一条意见", language="ar").status_code == 303
        assert send(citizen, announcement).status_code == 422
    assert Comment.objects.count() == 2


@pytest.mark.parametrize("language", ["", "ar"])
def test_more_than_the_server_reads_gets_a_page_in_the_readers_language(
    citizen, announcement, settings, language
):
    with standing_at(OPEN):
        form = open_form(citizen, announcement, language)
        text = "长" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        answer = send(citizen, announcement, form, language, text=text)
    page = answer.content.decode()
    assert answer.status_code == 413
    assert f'<html lang="{language or "zh-Hans"}"' in page
    assert "gk-" in page
    assert not Comment.objects.exists()


def test_contact_data_goes_into_the_safe_and_nowhere_else(citizen, announcement):
    with standing_at(OPEN):
        send(citizen, announcement, name="李雷", email="li@example.com", phone="010-1234")
    comment = Comment.objects.get()
    assert comment.contact == ContactRecord.objects.get()
    assert comment.texts.get().consent_publish is False


@pytest.mark.parametrize(("value", "agreed"), [("1", True), ("on", False), ("true", False)])
def test_only_a_1_agrees_to_publication(citizen, announcement, value, agreed):
    with standing_at(OPEN):
        send(citizen, announcement, consent_publish=value)
    assert CommentText.objects.get().consent_publish is agreed


def test_a_receipt_is_mailed_if_asked_for(citizen, announcement, mailoutbox):
    from outbox import services as outbox

    with standing_at(OPEN) as now:
        answer = send(citizen, announcement, email="li@example.com", send_receipt="1")
        code = code_on(citizen, answer)
        outbox.drain(now)
    [letter] = [mail for mail in mailoutbox if mail.to == ["li@example.com"]]
    assert code in letter.body


# --- clauses ------------------------------------------------------------------------------------


def test_a_comment_hangs_on_the_clause_of_the_form(citizen, announcement):
    with standing_at(OPEN):
        page = citizen.get(address(announcement) + "?clause=art-5").content.decode()
        assert "充电服务费实行明码标价。" in page
        send(citizen, announcement, clause="art-5")
    clause = announcement.versions.get().clauses.get(anchor="art-5")
    assert Comment.objects.get().clause_lineage == clause.lineage


def test_a_heading_takes_no_comment(citizen, announcement):
    heading = announcement.versions.get().clauses.get(anchor="ch-1")
    assert heading.kind == "chapter"
    with standing_at(OPEN):
        assert send(citizen, announcement, clause="ch-1").status_code == 422
    assert not Comment.objects.exists()


def test_a_clause_that_was_renumbered_meanwhile_is_found_again(citizen, announcement, team):
    with standing_at(OPEN):
        form = open_form(citizen, announcement)
        old = announcement.versions.get().clauses.get(anchor="art-5")
        draft = factories.DRAFT.replace("第五条 ", "第五条 充电设施应当定期检修。\n第六条 ")
        draft = draft.replace("第六条 本办法", "第七条 本办法")
        factories.change(announcement, team, Change.SUBSTANCE, draft=draft)
    with standing_at(at("2026-02-20", "12:05")):
        assert send(citizen, announcement, form, clause="art-5").status_code == 303
    assert Comment.objects.get().clause_lineage == old.lineage


def test_a_clause_that_is_gone_is_said_beside_the_field(citizen, announcement, team):
    with standing_at(OPEN):
        form = open_form(citizen, announcement)
        draft = factories.DRAFT.replace("第五条 充电服务费实行明码标价。\n", "")
        factories.change(announcement, team, Change.SUBSTANCE, draft=draft)
    with standing_at(at("2026-02-20", "12:05")):
        answer = send(citizen, announcement, form, clause="art-5")
    assert answer.status_code == 422
    assert 'id="clause-bad"' in answer.content.decode()


# --- attachments --------------------------------------------------------------------------------


def pdf(name="意见.pdf"):
    return SimpleUploadedFile(name, files.PDF, "application/pdf")


def test_files_are_kept_while_the_rest_is_corrected(citizen, announcement):
    with standing_at(OPEN):
        wrong = send(citizen, announcement, email="wrong", attachments=[pdf(), pdf("附图.pdf")])
        assert wrong.status_code == 422
        page = wrong.content.decode()
        assert "意见.pdf" in page
        form = {
            name: field(wrong, name)
            for name in ("csrfmiddlewaretoken", "submission_id", "version", "held")
        }
        assert send(citizen, announcement, form, take_off="1").status_code == 303
    assert [file.name for file in Comment.objects.get().attachments.all()] == ["意见.pdf"]


def test_a_wrong_file_is_named_and_the_right_one_is_kept(citizen, announcement):
    with standing_at(OPEN):
        bad = SimpleUploadedFile("virus.pdf", b"MZ not a PDF", "application/pdf")
        wrong = send(citizen, announcement, attachments=[pdf(), bad])
        assert wrong.status_code == 422
        assert "virus.pdf" in wrong.content.decode()
        form = {
            name: field(wrong, name)
            for name in ("csrfmiddlewaretoken", "submission_id", "version", "held")
        }
        assert send(citizen, announcement, form).status_code == 303
    assert Comment.objects.get().attachments.count() == 1


def test_six_files_are_one_too_many(citizen, announcement):
    with standing_at(OPEN):
        many = [pdf(f"{number}.pdf") for number in range(6)]
        assert send(citizen, announcement, attachments=many).status_code == 422


def test_what_is_kept_has_no_address(citizen, announcement, settings):
    with standing_at(OPEN):
        send(citizen, announcement, email="wrong", attachments=[pdf()])
        send(citizen, announcement, attachments=[pdf()])
    stored = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert stored
    for path in stored:
        inside = path.relative_to(settings.MEDIA_ROOT)
        for trick in (f"/media/{inside}", f"/media/x/../{inside}", f"/media//{inside}"):
            assert citizen.get(trick).status_code == 404, trick


# --- under load ---------------------------------------------------------------------------------


def test_under_load_a_form_asks_for_work_and_takes_those_without_it(
    citizen, announcement, settings
):
    from throttling import rules

    settings.COMMENTS_PER_MINUTE = 3
    with standing_at(OPEN):
        for number in range(4):
            send(citizen, announcement, text=f"意见{number}")
        page = citizen.get(address(announcement)).content.decode()
        challenge = re.search(r'data-proof="([^"]+)"', page)[1]
        proof = f"{challenge}.{rules.solve(challenge)}"
        send(citizen, announcement, text="做了功课", proof=proof)
        assert send(citizen, announcement, text="没有脚本").status_code == 303
    odd = Comment.objects.filter(suspicion=Suspicion.UNDER_LOAD)
    assert odd.filter(texts__text="没有脚本").exists()
    assert not odd.filter(texts__text="做了功课").exists()


def test_without_load_no_form_asks_for_work(citizen, announcement):
    with standing_at(OPEN):
        assert b"data-proof" not in citizen.get(address(announcement)).content
