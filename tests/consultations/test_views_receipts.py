"""With the receipt code: look up, amend, withdraw, check the proof."""

import re

import pytest

from consultations import services
from consultations.enums import Verdict
from consultations.models import Comment
from ledger import merkle
from tests.clock import at, standing_at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("announced_once")]

OPEN = at("2026-02-20", "12:00")
CLOSED = at("2026-02-28", "00:05")


@pytest.fixture
def code(announcement):
    """Of Li's comment, sent with everything there is."""
    sent = services.Submission(
        text="原来的意见",
        clause="art-5",
        name="李雷",
        email="li@example.com",
        phone="010-99998888",
        represents="某合作社",
        consent_publish=True,
    )
    return services.submit(announcement, sent, now=OPEN).code


def look_up(client, code, moment=OPEN, **fields):
    with standing_at(moment):
        return client.post("/receipts/", {"code": code} | fields)


def test_the_code_opens_the_comment_however_it_is_typed(client, code):
    for typed in (code, code.lower(), code.replace("-", ""), f" {code} "):
        answer = look_up(client, typed)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "原来的意见" in page
        assert "某合作社" in page
        assert "第五条" in page


def test_no_contact_data_is_shown(client, code):
    page = look_up(client, code).content.decode()
    for secret in ("李雷", "li@example.com", "99998888"):
        assert secret not in page


@pytest.mark.parametrize(
    "wrong", ["", "A", "AAAAA-AAAAA-AAAAA-AAAAA", "' OR 1=1 --", "Ω" * 50, "零\x00", "A" * 5_000]
)
def test_all_wrong_codes_get_one_answer(client, code, wrong):
    def bare(answer):
        token = r'name="csrfmiddlewaretoken" value="[^"]*"'
        return answer.status_code, re.sub(token, "", answer.content.decode())

    assert bare(look_up(client, wrong)) == bare(look_up(client, "BBBBB-BBBBB-BBBBB-BBBBB"))


def test_sixty_look_ups_an_hour_pass(client, code, settings):
    for _ in range(settings.LOOK_UPS_PER_HOUR):
        assert look_up(client, code).status_code == 200
    answer = look_up(client, code)
    assert answer.status_code == 429
    assert "原来的意见" not in answer.content.decode()


def test_a_code_in_an_address_opens_nothing(client, code):
    assert "原来的意见" not in client.get(f"/receipts/?code={code}").content.decode()


def test_an_amendment_keeps_the_older_text(client, code):
    answer = look_up(client, code, action="amend", text="改过的意见", consent_publish="1")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.index("改过的意见") < page.index("原来的意见")
    assert Comment.objects.get().texts.count() == 2
    again = look_up(client, code, action="amend", text="改过的意见", consent_publish="1")
    assert again.status_code == 200
    assert Comment.objects.get().texts.count() == 2


def test_an_amendment_without_a_text_is_422(client, code):
    answer = look_up(client, code, action="amend", text=" ", represents="新的合作社")
    assert answer.status_code == 422
    assert "新的合作社" in answer.content.decode()


def test_withdrawing_has_to_be_meant(client, code):
    assert look_up(client, code, action="withdraw").status_code == 422
    assert look_up(client, code, action="withdraw", sure="1").status_code == 200
    assert hasattr(Comment.objects.get(), "withdrawal")
    answer = look_up(client, code, action="amend", text="又想改")
    assert answer.status_code == 409
    assert "又想改" in answer.content.decode()


@pytest.mark.parametrize(
    "fields", [{"action": "amend", "text": "晚了"}, {"action": "withdraw", "sure": "1"}]
)
def test_after_the_close_nothing_changes(client, code, fields):
    answer = look_up(client, code, CLOSED, **fields)
    assert answer.status_code == 409
    assert Comment.objects.get().texts.count() == 1
    page = look_up(client, code, CLOSED).content.decode()
    assert 'value="amend"' not in page


def test_the_author_sees_what_became_of_it(client, code, team):
    services.moderate(
        [Comment.objects.get()],
        Verdict.WITHHOLD,
        reason="advertising",
        user=team.reviewer,
        now=OPEN,
    )
    assert "advertising" in client.post("/en/receipts/", {"code": code}).content.decode()


def test_the_proof_on_the_page_leads_to_the_public_root(client, code, announcement):
    for number in range(4):
        services.submit(announcement, services.Submission(text=f"意见{number}"), now=OPEN)
    [root] = services.seal_due(CLOSED)
    page = look_up(client, code, CLOSED).content.decode()
    shown = re.findall(r"<li><code class=\"gk-mono\">([0-9a-f]{64})</code></li>", page)
    comment = services.find(code)
    proof = merkle.Proof(comment.leaf.position, root.leaves, tuple(shown))
    assert root.root in page
    assert merkle.verify(comment.texts.get().commitment, proof, root.root)
