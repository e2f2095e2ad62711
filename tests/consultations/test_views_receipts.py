"""With the receipt code: look up, amend, withdraw, check the proof."""

import hashlib
import html
import json
import re
import shlex

import pytest
from django.utils import timezone

from consultations import services
from consultations.enums import Verdict
from consultations.models import Comment, CommentGroup, Opinion
from ledger import merkle
from tests import answering
from tests import factories as make
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


def test_the_page_alone_ties_the_text_to_the_root(client, announcement):
    said = "引号 \" 与 ' 与 <b>\n\n两个  空格 &amp; 反斜杠 \\"
    sent = services.Submission(text=said, represents="某 & 某", name="李雷", email="li@example.com")
    code = services.submit(announcement, sent, now=OPEN).code
    for number in range(4):
        services.submit(announcement, services.Submission(text=f"意见{number}"), now=OPEN)
    [sealed] = services.seal_due(CLOSED)
    page = look_up(client, code, CLOSED).content.decode()
    salt = re.search(r"data-salt>([0-9a-f]{64})<", page)[1]
    hashed = html.unescape(re.search(r"<pre[^>]*data-hashed[^>]*>(.*?)</pre>", page, re.S)[1])
    assert json.loads(hashed)["text"] == said
    assert "李雷" not in hashed
    assert "example.com" not in hashed
    leaf = hashlib.sha256(bytes.fromhex(salt) + hashed.encode()).hexdigest()
    assert f">{leaf}<" in page
    command = html.unescape(re.search(r"<pre[^>]*data-command>(.*?)</pre>", page, re.S)[1])
    assert command.endswith(f"; printf %s {shlex.quote(hashed)}) | sha256sum")
    assert command.startswith(f"(printf %s {salt} | ")
    path = re.findall(r"<li><code class=\"gk-mono\">([0-9a-f]{64})</code></li>", page)
    found = hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest()
    # The first of five leaves: its neighbours all stand to its right.
    for neighbour in path:
        found = hashlib.sha256(b"\x01" + found + bytes.fromhex(neighbour)).digest()
    assert found.hex() == sealed.root
    assert f">{found.hex()}<" in page


def test_each_text_of_an_amended_comment_shows_what_its_fingerprint_is_of(client, code):
    look_up(client, code, action="amend", text="改过的意见")
    page = look_up(client, code).content.decode()
    hashed = re.findall(r"<pre[^>]*data-hashed[^>]*>(.*?)</pre>", page, re.S)
    salt = bytes.fromhex(re.search(r"data-salt>([0-9a-f]{64})<", page)[1])
    assert len(hashed) == 2
    for text in hashed:
        assert hashlib.sha256(salt + html.unescape(text).encode()).hexdigest() in page


# --- the answer -----------------------------------------------------------------------------------

LOOKED_AT = "is being looked at"


@pytest.fixture
def asked_twice():
    """A consultation of its own with Li's and Wang's codes; Wang's words stay unpublished."""
    bureau = make.team()
    with standing_at(at(answering.OPENS)):
        announcement = make.announce(bureau)
    with standing_at(at("2026-03-04")):
        codes = [
            services.submit(
                announcement,
                services.Submission(text=text, consent_publish=consent),
                now=at("2026-03-04"),
            ).code
            for text, consent in (("第四条应当写明门厅。谢谢！", True), ("门厅和楼道一样。", False))
        ]
    return bureau, announcement, codes


def english(client, code, moment=None):
    with standing_at(moment or at(answering.CLOSED, "12:00")):
        return client.post("/en/receipts/", {"code": code}).content.decode()


def answered(bureau, announcement):
    """The statement signed, with both comments under one opinion, and the policy's draft."""
    page = answering.policy(bureau, announcement)
    answering.read_all(announcement, bureau.drafter)
    comments = list(announcement.comments.order_by("pk"))
    opinion = answering.opinion(announcement, comments[1:], bureau.drafter)
    services.map_comments(
        opinion, comments[:1], passage="应当写明门厅", user=bureau.drafter, now=timezone.now()
    )
    answering.sign(announcement, bureau)
    return page


def release(page, bureau):
    make.submit(page, bureau.drafter)
    make.decide(page, bureau.reviewer)
    make.decide(page, bureau.publisher)
    return page.release.get_absolute_url()


def test_a_signed_answer_is_not_told_before_the_policy_is_released(client, asked_twice):
    bureau, announcement, codes = asked_twice
    assert LOOKED_AT in english(client, codes[0], at("2026-03-05"))
    with standing_at(at(answering.CLOSED)):
        answered(bureau, announcement)
    for code in codes:
        page = english(client, code)
        assert LOOKED_AT in page
        assert "YJ-" not in page
        assert "起火同样危险" not in page


def test_the_receipt_tells_the_decision_the_reason_and_the_changed_clause(client, asked_twice):
    bureau, announcement, codes = asked_twice
    with standing_at(at(answering.CLOSED)):
        address = release(answered(bureau, announcement), bureau)
    for code in codes:
        page = english(client, code)
        assert LOOKED_AT not in page
        assert "Adopted" in page
        assert "门厅和通道起火同样危险，已在第四条写明。" in page
        assert f'href="/en{address}#art-4"' in page
        assert f'href="/en/consultations/{announcement.slug}/statement/#YJ-001"' in page
    assert '<q dir="auto">应当写明门厅</q>' in english(client, codes[0])
    assert "<q" not in english(client, codes[1])


def test_the_receipt_tells_what_was_signed_whatever_the_desk_makes_of_it_later(client, asked_twice):
    bureau, announcement, codes = asked_twice
    with standing_at(at(answering.CLOSED)):
        who = {"user": bureau.drafter, "now": timezone.now()}
        services.group_comments(announcement, list(announcement.comments.all()), **who)
        release(answered(bureau, announcement), bureau)
        before = [english(client, code) for code in codes]
        assert all("one of 2" in page for page in before)
        services.dissolve_group(CommentGroup.objects.get(), **who)
        opinion, comments = Opinion.objects.get(), list(announcement.comments.order_by("pk"))
        services.map_comments(opinion, comments[1:], passage="楼道", **who)
    assert "<q" not in english(client, codes[1])
    assert all("one of 2" in english(client, code) for code in codes)


def test_each_place_where_a_comment_says_it_is_quoted_by_itself(client, asked_twice):
    bureau, announcement, codes = asked_twice
    with standing_at(at(answering.CLOSED)):
        page = answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        comments = list(announcement.comments.order_by("pk"))
        opinion = answering.opinion(announcement, comments, bureau.drafter)
        who = {"user": bureau.drafter, "now": timezone.now()}
        for passage in ("写明门厅", "谢谢！"):
            services.map_comments(opinion, comments[:1], passage=passage, **who)
        answering.sign(announcement, bureau)
        release(page, bureau)
    shown = english(client, codes[0])
    assert '<q dir="auto">写明门厅</q> <q dir="auto">谢谢！</q>' in shown
    assert "<q" not in english(client, codes[1])


def test_a_group_counts_as_one_argument_with_its_people(client, asked_twice):
    bureau, announcement, codes = asked_twice
    with standing_at(at(answering.CLOSED)):
        comments = list(announcement.comments.all())
        services.group_comments(announcement, comments, user=bureau.drafter, now=timezone.now())
        page = answered(bureau, announcement)
        assert "one of 2" not in english(client, codes[0])
        release(page, bureau)
    shown = english(client, codes[0])
    assert "one of 2 that say the same" in shown
    assert "held by 2 people" in shown


def test_a_corrected_answer_takes_the_place_of_the_first(client, asked_twice):
    bureau, announcement, codes = asked_twice
    with standing_at(at(answering.CLOSED)):
        release(answered(bureau, announcement), bureau)
        opinion = announcement.opinions.get()
        now = timezone.now()
        services.decide(
            opinion,
            "adopted",
            reason="门厅也容易起火，所以写进了第四条。",
            changed_clauses=["art-4"],
            user=bureau.drafter,
            now=now,
        )
        services.write(
            announcement,
            kind="adoption",
            words="",
            correction_reason="理由没有写完整。",
            user=bureau.drafter,
            now=now,
        )
        assert "所以写进了第四条" not in english(client, codes[0])
        answering.sign(announcement, bureau)
    page = english(client, codes[0])
    assert "所以写进了第四条" in page
    assert "起火同样危险" not in page
    assert "理由没有写完整。" in page


def test_an_abandoned_draft_answers_with_its_closing_statement(client, asked_twice):
    bureau, announcement, codes = asked_twice
    with standing_at(at(answering.CLOSED)):
        now = timezone.now()
        answering.read_all(announcement, bureau.drafter)
        services.withdraw(announcement, reason="不再需要。", user=bureau.reviewer, now=now)
        services.write(
            announcement, kind="closing", words="另有上位法。", user=bureau.drafter, now=now
        )
        assert "另有上位法。" not in english(client, codes[1])
        answering.sign(announcement, bureau)
    assert "另有上位法。" in english(client, codes[1])


def test_what_was_withdrawn_is_not_answered(client, asked_twice):
    bureau, announcement, codes = asked_twice
    with standing_at(at("2026-03-05")):
        services.take_back(announcement.comments.first(), now=timezone.now())
    with standing_at(at(answering.CLOSED)):
        page = answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        answering.opinion(announcement, [announcement.comments.last()], bureau.drafter)
        answering.sign(announcement, bureau)
        release(page, bureau)
    shown = english(client, codes[0])
    assert "YJ-" not in shown
    assert LOOKED_AT not in shown
