"""A statement is signed only when it is complete, by three people, and then it stays as it is."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consultations import answers, services
from consultations.enums import (
    Change,
    CommentState,
    Disposition,
    Procedure,
    StatementKind,
    Status,
    Step,
    Verdict,
    Withheld,
)
from consultations.models import (
    Announcement,
    AnswerLetter,
    ConcentrationRule,
    ConsultationPage,
    Disclosure,
    Opinion,
    OpinionComment,
    SignedAnswer,
    SignedOpinion,
    SignedStatement,
    StatementStep,
)
from consultations.services import Refused
from ledger.models import Entry
from organisations.models import Role
from outbox import services as outbox
from outbox.models import Message
from personaldata.mail import TOPIC
from policies.models import PolicyPage
from tests import answering, clock
from tests import factories as make
from tests.shelf import held

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

TEXTS = ["第四条应当写明门厅。", "通道里也不能充电。", "充电服务费太高。"]
FEE = "充电服务费由市场形成，本办法只要求明码标价。"


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """A bureau, its closed consultation with three comments, and the document that names it."""
    with django_db_blocker.unblock(), held(tmp_path_factory.mktemp("search")):
        bureau = make.team("LC-BG")
        announcement = answering.asked(bureau, *TEXTS)
        with clock.standing_at(clock.at(answering.CLOSED)):
            page = answering.policy(bureau, announcement)
        yield bureau, announcement, page


@pytest.fixture(autouse=True)
def _closed(made):
    with clock.standing_at(clock.at(answering.CLOSED)):
        yield


@pytest.fixture
def bureau(made):
    return made[0]


@pytest.fixture
def announcement(made):
    return Announcement.objects.get(pk=made[1].pk)


@pytest.fixture
def page(made):
    return PolicyPage.objects.get(pk=made[2].pk)


@pytest.fixture
def comments(announcement):
    return list(announcement.comments.order_by("pk"))


def now():
    return timezone.now()


def complete(bureau, announcement):
    """Two opinions, one adopted and one not, hold the three comments."""
    answering.read_all(announcement, bureau.drafter)
    first, second, third = announcement.comments.order_by("pk")
    adopted = answering.opinion(announcement, [first, second], bureau.drafter)
    refused = answering.opinion(
        announcement,
        [third],
        bureau.drafter,
        text="降低充电服务费。",
        disposition=Disposition.NOT_ADOPTED,
        reason=FEE,
    )
    return adopted, refused


def lacking(announcement):
    with override("en"):
        return [lack.words for lack in services.lacks(announcement, now())]


def refused_at_every_desk(announcement, bureau, words):
    """Neither drafter, reviewer nor publisher gets past what is missing."""
    assert any(words in lack for lack in lacking(announcement)), lacking(announcement)
    with answering.refused(words):
        services.submit_statement(announcement, user=bureau.drafter, now=now())
    assert not announcement.statement_steps.exists()


def rule(people=3, percent=100):
    services.set_concentration(people=people, percent=percent, user=make.administrator(), now=now())


# --- what is missing ----------------------------------------------------------------------------


def test_nothing_is_missing_from_a_complete_one(bureau, announcement):
    complete(bureau, announcement)
    assert lacking(announcement) == []


def test_a_period_that_has_not_closed(bureau, announcement):
    complete(bureau, announcement)
    with clock.standing_at(clock.at("2026-03-05")):
        refused_at_every_desk(announcement, bureau, "not closed")


def test_a_comment_without_an_opinion(bureau, announcement, comments):
    _adopted, _refused = complete(bureau, announcement)
    answering.letter(announcement, bureau.drafter)
    answering.read_all(announcement, bureau.drafter)
    refused_at_every_desk(announcement, bureau, "1 comments have no opinion")


def test_an_opinion_that_is_not_decided(bureau, announcement):
    complete(bureau, announcement)
    late = answering.letter(announcement, bureau.drafter)
    answering.read_all(announcement, bureau.drafter)
    services.add_opinion(
        announcement, "门厅也要写明。", comments=[late], user=bureau.drafter, now=now()
    )
    refused_at_every_desk(announcement, bureau, "YJ-003: Not decided")


def test_a_comment_that_nobody_has_read(bureau, announcement):
    adopted, _refused = complete(bureau, announcement)
    late = answering.letter(announcement, bureau.drafter)
    services.map_comments(adopted, [late], user=bureau.drafter, now=now())
    refused_at_every_desk(announcement, bureau, "1 comments wait")


def test_an_opinion_that_nobody_holds(bureau, announcement):
    complete(bureau, announcement)
    services.add_opinion(announcement, "没有人这样说。", user=bureau.drafter, now=now())
    refused_at_every_desk(announcement, bureau, "Nobody holds it")


def test_a_concentrated_opinion_without_a_reason(bureau, announcement, comments):
    rule()
    _adopted, refused = complete(bureau, announcement)
    services.decide(refused, Disposition.NOT_ADOPTED, user=bureau.drafter, now=now())
    assert lacking(announcement) == [], "one of three people is not many"
    services.map_comments(refused, comments, user=bureau.drafter, now=now())
    refused_at_every_desk(announcement, bureau, "reason has to be given")
    with answering.refused("reason has to be given"):
        services.decide(refused, Disposition.NOT_ADOPTED, user=bureau.drafter, now=now())


@pytest.mark.parametrize(
    ("clauses", "words"),
    [(["art-9"], "no clause art-9"), (["art-3"], "reads as it did"), ([], "Cite the clause")],
)
def test_a_clause_that_is_not_there_or_reads_as_before(bureau, announcement, clauses, words):
    adopted, _refused = complete(bureau, announcement)
    for disposition in (Disposition.ADOPTED, Disposition.PARTLY_ADOPTED):
        with answering.refused(words):
            services.decide(
                adopted,
                disposition,
                reason="已写明门厅和通道，其余由物业负责。",
                changed_clauses=clauses,
                user=bureau.drafter,
                now=now(),
            )
    Opinion.objects.filter(pk=adopted.pk).update(changed_clauses=clauses)
    refused_at_every_desk(announcement, bureau, words)


def test_a_clause_that_was_changed_back_since(bureau, announcement, page):
    complete(bureau, announcement)
    draft = page.get_latest_revision_as_object()
    draft.body = [("text", make.DRAFT)]
    draft.save_revision(user=bureau.drafter)
    refused_at_every_desk(announcement, bureau, "reads as it did")


def test_a_text_that_the_statement_would_be_about(bureau, announcement, page):
    answering.read_all(announcement, bureau.drafter)
    comments = announcement.comments.all()
    answering.opinion(announcement, comments, bureau.drafter, disposition=Disposition.OUT_OF_SCOPE)
    draft = page.get_latest_revision_as_object()
    draft.consultation = None
    draft.save_revision(user=bureau.drafter)
    refused_at_every_desk(announcement, bureau, "No document names")


def test_a_phrase_has_to_be_adapted(bureau, announcement):
    _adopted, refused = complete(bureau, announcement)
    with answering.refused("Adapt the phrase"):
        services.decide(
            refused,
            Disposition.NOT_ADOPTED,
            reason="您的意见〔内容〕已认真研究，因〔原因〕未采纳。",
            user=bureau.drafter,
            now=now(),
        )


def test_nobody_signs_for_a_consultation_that_took_place_elsewhere(bureau):
    facts = services.Historic(
        source_id="x",
        organisation="LC-BG",
        title="澜川市停车办法（征求意见稿）",
        draft="第一条 停车收费。",
        procedure=Procedure.NORMATIVE_DOCUMENT,
        business_related=False,
        opens_at=clock.at("2019-05-06"),
        closes_on=answering.day("2019-05-20"),
    )
    historic = services.import_historic(facts, now=now())
    assert historic is not None
    answering.policy(bureau, historic)
    with answering.refused("elsewhere"):
        services.submit_statement(historic, user=bureau.drafter, now=now())


# --- three people -------------------------------------------------------------------------------


def steps(announcement):
    return {
        "submit": lambda user: services.submit_statement(announcement, user=user, now=now()),
        "approve": lambda user: services.approve_statement(announcement, user=user, now=now()),
        "sign": lambda user: services.sign_statement(announcement, user=user, now=now()),
    }


@pytest.mark.parametrize(
    ("step", "roles"),
    [
        ("submit", ["reviewer", "publisher", "manager"]),
        ("approve", ["drafter", "publisher", "manager"]),
        ("sign", ["drafter", "reviewer", "manager"]),
    ],
)
def test_each_step_needs_its_role(bureau, announcement, step, roles):
    complete(bureau, announcement)
    take = steps(announcement)
    if step != "submit":
        take["submit"](bureau.drafter)
    if step == "sign":
        take["approve"](bureau.reviewer)
    before = announcement.statement_steps.count()
    stranger = make.team("LC-YY").publisher
    for user in [*(getattr(bureau, role) for role in roles), stranger]:
        with pytest.raises(Refused):
            take[step](user)
    assert announcement.statement_steps.count() == before
    assert not announcement.statements.exists()


@pytest.mark.parametrize(
    "people",
    [
        ("chen", "chen", "lin"),
        ("chen", "lin", "chen"),
        ("chen", "lin", "lin"),
        ("chen", "chen", "chen"),
    ],
)
@pytest.mark.parametrize("administrators", [True, False])
def test_three_steps_need_three_people_administrators_too(
    bureau, announcement, people, administrators
):
    complete(bureau, announcement)
    roles = ("drafter", "reviewer", "publisher")
    everybody = {
        name: make.administrator(name)
        if administrators
        else make.person(name, bureau.organisation, *roles)
        for name in {"chen", "lin"}
    }
    drafter, reviewer, publisher = (everybody[name] for name in people)
    take = steps(announcement)
    take["submit"](drafter)
    if reviewer != drafter:
        take["approve"](reviewer)
    step, user = ("approve", reviewer) if reviewer == drafter else ("sign", publisher)
    with answering.refused("three different people"):
        take[step](user)
    assert not announcement.statements.exists()


def test_the_steps_follow_each_other(bureau, announcement):
    complete(bureau, announcement)
    take = steps(announcement)
    for step, user in (("approve", bureau.reviewer), ("sign", bureau.publisher)):
        with answering.refused("not at this step"):
            take[step](user)
    take["submit"](bureau.drafter)
    with answering.refused("not at this step"):
        take["sign"](bureau.publisher)
    with answering.refused("what has to change"):
        services.return_statement(announcement, note=" ", user=bureau.reviewer, now=now())
    services.return_statement(announcement, note="说理不足", user=bureau.reviewer, now=now())
    with answering.refused("not at this step"):
        take["approve"](bureau.reviewer)
    take["submit"](bureau.drafter)
    take["approve"](bureau.reviewer)
    statement = take["sign"](bureau.publisher)
    assert (statement.drafted_by, statement.reviewed_by, statement.signed_by) == (
        bureau.drafter,
        bureau.reviewer,
        bureau.publisher,
    )
    with answering.refused("not at this step"):
        take["sign"](bureau.publisher)


CHANGES = {
    "the words": lambda b, a, o: services.write(
        a, kind=StatementKind.ADOPTION, words="谢谢大家。", user=b.drafter, now=now()
    ),
    "an opinion": lambda b, a, o: services.reword(o[1], "降价。", user=b.drafter, now=now()),
    "a decision": lambda b, a, o: services.decide(
        o[1],
        Disposition.OUT_OF_SCOPE,
        reason="价格不属于本办法规定的事项。",
        user=b.drafter,
        now=now(),
    ),
    "a mapping": lambda b, a, o: services.map_comments(
        o[0], a.comments.order_by("-pk")[:1], user=b.drafter, now=now()
    ),
    "what is withheld": lambda b, a, o: services.moderate(
        a.comments.order_by("pk")[:1].with_state(),
        Verdict.WITHHOLD,
        reason=Withheld.ABUSIVE,
        user=b.drafter,
        now=now(),
    ),
    "the rule": lambda b, a, o: rule(people=2, percent=90),
    "the text": lambda b, a, o: change_the_text(b, a),
}


def change_the_text(bureau, announcement):
    page = PolicyPage.objects.filter(latest_revision__content__consultation=announcement.page_id)
    draft = page.get().get_latest_revision_as_object()
    draft.body = [("text", answering.FINAL.replace("通道", "走道"))]
    draft.save_revision(user=bureau.drafter)


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("passed", [Step.SUBMITTED, Step.APPROVED])
def test_whatever_changes_after_a_step_takes_it_back_to_the_drafter(
    bureau, announcement, what, passed
):
    opinions = complete(bureau, announcement)
    take = steps(announcement)
    take["submit"](bureau.drafter)
    if passed == Step.APPROVED:
        take["approve"](bureau.reviewer)
    CHANGES[what](bureau, announcement, opinions)
    step, user = (
        ("sign", bureau.publisher) if passed == Step.APPROVED else ("approve", bureau.reviewer)
    )
    with answering.refused("was changed since"):
        take[step](user)
    assert not announcement.statements.exists()
    answering.sign(announcement, bureau)


# --- what is signed -----------------------------------------------------------------------------


def test_it_says_what_came_in_and_what_became_of_it(bureau, announcement, comments):
    complete(bureau, announcement)
    statement = answering.sign(announcement, bureau)
    assert (statement.received, statement.published, statement.withheld) == (3, 3, 0)
    assert statement.totals["rounds"]["1"]["by_channel"] == {"web": 3}
    first, second = statement.opinions.all()
    assert (first.code, first.people, first.comments) == ("YJ-001", 2, 2)
    assert first.changed_clauses == [{"anchor": "art-4", "number": "第四条"}]
    assert (second.disposition, second.reason) == ("not_adopted", FEE)
    assert statement.answers.count() == 3
    assert not Disclosure.objects.exists()


def test_no_comments_received_is_a_statement_too(bureau):
    silent = answering.asked(bureau)
    answering.policy(bureau, silent)
    for comment in silent.comments.all():
        with clock.standing_at(clock.at("2026-03-05")):
            services.take_back(comment, now=now())
    statement = answering.sign(silent, bureau)
    assert (statement.received, statement.withdrawn, statement.answers_count) == (2, 2, 0)


def test_a_consultation_that_nobody_answered_is_signed_and_opens_the_gate(bureau):
    with clock.standing_at(clock.at(answering.OPENS)):
        silent = make.announce(bureau)
    page = answering.policy(bureau, silent)
    statement = answering.sign(silent, bureau)
    assert statement.received == statement.opinions_count == 0
    assert make.review(page, bureau).release.disclosure.statement == statement


def test_a_correction_is_a_new_statement_that_names_the_old_one(bureau, announcement, page):
    _adopted, refused = complete(bureau, announcement)
    first = answering.sign(announcement, bureau)
    assert "Say why the signed statement is corrected." in lacking(announcement)
    answering.rewrite(announcement, bureau, correction_reason="理由有错字")
    services.decide(
        refused,
        Disposition.NOT_ADOPTED,
        reason=f"{FEE}（更正）",
        user=bureau.drafter,
        now=now(),
    )
    second = answering.sign(announcement, bureau)
    assert (second.corrects, second.seq, second.correction_reason) == (first, 2, "理由有错字")
    assert SignedStatement.objects.get(pk=first.pk).opinions.last().reason == FEE
    assert make.review(page, bureau).release.disclosure.statement == second
    assert [one.statement for one in Disclosure.objects.all()] == [second]


def test_the_correction_of_a_public_statement_is_public_at_once_and_tells_nobody_twice(
    bureau, announcement, page
):
    with clock.standing_at(clock.at("2026-03-05")):
        answering.comment(announcement, "请写明门厅。", email="he@example.com")
    complete_with_a_fourth(bureau, announcement)
    first = answering.sign(announcement, bureau)
    make.review(page, bureau)
    outbox.drain(now())
    late = answering.letter(announcement, bureau.drafter)
    answering.rewrite(announcement, bureau, correction_reason="补入一封来信")
    second = answering.answered(announcement, bureau)
    assert [one.statement for one in Disclosure.objects.order_by("pk")] == [first, second]
    outbox.drain(now())
    assert Message.objects.filter(topic=TOPIC).count() == 1
    assert AnswerLetter.objects.get().comment.pk != late.pk


def complete_with_a_fourth(bureau, announcement):
    answering.read_all(announcement, bureau.drafter)
    answering.opinion(announcement, announcement.comments.all(), bureau.drafter)


def test_who_wrote_before_a_correction_that_came_before_the_release_is_told(
    bureau, announcement, page
):
    with clock.standing_at(clock.at("2026-03-05")):
        answering.comment(announcement, "请写明门厅。", email="he@example.com")
    complete_with_a_fourth(bureau, announcement)
    answering.sign(announcement, bureau)
    answering.letter(announcement, bureau.drafter)
    answering.rewrite(announcement, bureau, correction_reason="补入一封来信")
    second = answering.answered(announcement, bureau)
    make.review(page, bureau)
    outbox.drain(now())
    assert AnswerLetter.objects.get().statement == second


def test_a_second_round_needs_a_statement_of_its_own(bureau, announcement, page):
    complete(bureau, announcement)
    first = answering.sign(announcement, bureau)
    make.change(announcement, bureau, Change.ROUND, draft=make.DRAFT + "\n第七条 由市局解释。")
    assert "The period has not closed yet." in lacking(announcement)
    with clock.standing_at(clock.at("2026-04-01")):
        assert lacking(announcement) == []
        second = answering.sign(announcement, bureau)
        assert (first.round, second.round, second.corrects) == (1, 2, None)
        assert make.review(page, bureau).release.disclosure.statement == second


# --- an abandoned draft -------------------------------------------------------------------------


def withdraw(bureau, announcement):
    services.withdraw(announcement, reason="上位法修改", user=bureau.publisher, now=now())


def test_a_withdrawn_draft_needs_a_closing_statement(bureau, announcement, page):
    complete(bureau, announcement)
    answering.rewrite(announcement, bureau, words="谢谢大家。")
    withdraw(bureau, announcement)
    refused_at_every_desk(announcement, bureau, "needs a closing statement")
    answering.rewrite(announcement, bureau, kind=StatementKind.CLOSING)
    refused_at_every_desk(announcement, bureau, "why the draft was abandoned")
    answering.rewrite(
        announcement, bureau, kind=StatementKind.CLOSING, words="国务院已制定同样的规定。"
    )
    statement = answering.sign(announcement, bureau)
    assert Disclosure.objects.get().statement == statement, "it appears at once"
    shown = ConsultationPage.objects.public().with_status(now())
    assert shown.get(pk=announcement.page_id).status_now == Status.ABANDONED
    with answering.refused("withdrawn"):
        make.review(page, bureau)


def test_an_adoption_after_a_public_closing_statement_waits_for_its_document(
    bureau, announcement, page
):
    complete(bureau, announcement)
    answering.rewrite(announcement, bureau, kind=StatementKind.CLOSING, words="暂缓制定。")
    closing = answering.sign(announcement, bureau)
    answering.rewrite(announcement, bureau, correction_reason="恢复制定")
    adoption = answering.sign(announcement, bureau)
    assert [one.statement for one in Disclosure.objects.all()] == [closing]
    make.review(page, bureau)
    assert Disclosure.objects.latest("pk").statement == adoption


def test_what_led_to_a_document_is_not_called_abandoned(bureau, announcement, page):
    complete(bureau, announcement)
    answering.sign(announcement, bureau)
    make.review(page, bureau)
    answering.rewrite(
        announcement,
        bureau,
        kind=StatementKind.CLOSING,
        words="不再制定。",
        correction_reason="改变主意",
    )
    assert "Its document is released: it was not abandoned." in lacking(announcement)


# --- what the database refuses ------------------------------------------------------------------


def insert(announcement, bureau, *, opinions=None, answers_=None, step=None, **changes):
    """A statement with its parts, row by row and past the services."""
    said = services.content(announcement)
    by_step = {
        one: StatementStep.objects.create(
            announcement=announcement, step=one, digest=said.digest, taken_by=who, taken_at=now()
        )
        for one, who in ((Step.SUBMITTED, bureau.drafter), (Step.APPROVED, bureau.reviewer))
    }
    states = CommentState
    values = {
        "announcement": announcement,
        "seq": 1,
        "round": said.round,
        "kind": said.kind,
        "received": said.totals["received"],
        "published": said.totals[states.PUBLISHED],
        "withheld": said.totals[states.WITHHELD],
        "withdrawn": said.totals[states.WITHDRAWN],
        "unanswered": 0,
        "opinions_count": len(said.opinions),
        "answers_count": len(said.answers),
        "totals": said.totals,
        "concentration": said.concentration,
        "final_text": said.final_text,
        "digest": said.digest,
        "approval": by_step[step or Step.APPROVED],
        "drafted_by": bureau.drafter,
        "reviewed_by": bureau.reviewer,
        "signed_by": bureau.publisher,
        "signed_at": now(),
    }
    statement = SignedStatement(**values | changes)
    rows = {}
    for one in said.opinions:
        rows[one["number"]] = SignedOpinion.objects.create(
            statement=statement, **one | (opinions or {})
        )
    for answer in said.answers if answers_ is None else answers_(said.answers):
        SignedAnswer.objects.create(
            statement=statement, opinion=rows[answer["number"]], comment_id=answer["comment"]
        )
    statement.save(force_insert=True)
    return statement


def test_a_true_one_goes_in(bureau, announcement):
    complete(bureau, announcement)
    assert insert(announcement, bureau).pk


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "one more came in": ({"received": 4, "published": 4}, "statement_received"),
    "one fewer came in": ({"received": 2, "published": 2}, "statement_received"),
    "one is called withheld": ({"published": 2, "withheld": 1}, "statement_published"),
    "one is called withdrawn": ({"published": 2, "withdrawn": 1}, "statement_withdrawn"),
    "counts do not add up": ({"withheld": 1}, "statement_counts_reconcile"),
    "one is unanswered": ({"unanswered": 1}, "statement_answers_everything"),
    "too many opinions": ({"opinions_count": 3}, "statement_opinions_count"),
    "too few answers": ({"answers_count": 2}, "statement_answers_count"),
    "an answer is missing": (
        {"answers_": lambda given: given[:-1], "answers_count": 2},
        "statement_unanswered",
    ),
    "another number": ({"seq": 2}, "statement_sequence"),
    "another round": ({"round": 2}, "statement_round"),
    "corrects nothing, for a reason": ({"correction_reason": "x"}, "statement_correction"),
    "closes without a word": ({"kind": "closing"}, "closing_statement_says_why"),
    "without the text": ({"final_text": ""}, "statement_without_text"),
    "another content than was passed": ({"digest": "0" * 64}, "statement_not_passed"),
    "passed by the drafter only": ({"step": Step.SUBMITTED}, "statement_not_passed"),
    "people are made up": ({"opinions": {"people": 9}}, "statement_opinion_counts"),
    "comments are made up": ({"opinions": {"comments": 0}}, "statement_opinion_counts"),
    "not called concentrated": ({"opinions": {"concentrated": False}}, "statement_concentrated"),
    "concentrated without a reason": (
        {"opinions": {"disposition": "not_adopted", "reason": ""}},
        "concentrated_opinion_has_a_reason",
    ),
    "not decided": ({"opinions": {"disposition": ""}}, "signed_opinion_is_decided"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_no_wrong_one_goes_in_by_sql(bureau, announcement, wrong):
    changes, name = WRONG[wrong]
    complete(bureau, announcement)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        insert(announcement, bureau, **changes)
    assert not announcement.statements.exists()


@pytest.mark.parametrize(
    ("reviewer", "signer", "name"),
    [
        ("reviewer", "reviewer", "statement_by_three_people"),
        ("reviewer", "drafter", "statement_by_three_people"),
        ("manager", "publisher", "statement_not_passed"),
    ],
)
def test_nor_one_by_two_people_or_by_somebody_else(bureau, announcement, reviewer, signer, name):
    complete(bureau, announcement)
    people = {"reviewed_by": getattr(bureau, reviewer), "signed_by": getattr(bureau, signer)}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        insert(announcement, bureau, **people)


def test_nor_one_before_the_close(bureau, announcement):
    complete(bureau, announcement)
    early = clock.standing_at(clock.at("2026-03-05"))
    with early, pytest.raises(IntegrityError, match="before_the_close"), transaction.atomic():
        insert(announcement, bureau)


def test_nor_one_while_a_comment_waits(bureau, announcement):
    adopted, _refused = complete(bureau, announcement)
    late = answering.letter(announcement, bureau.drafter)
    services.map_comments(adopted, [late], user=bureau.drafter, now=now())
    with pytest.raises(IntegrityError, match="statement_pending"), transaction.atomic():
        insert(announcement, bureau, withheld=1)


def test_nor_one_with_an_answer_to_others(bureau, announcement):
    complete(bureau, announcement)
    other = answering.asked(bureau).comments.first()
    with pytest.raises(IntegrityError, match="answer_elsewhere"), transaction.atomic():
        insert(
            announcement,
            bureau,
            answers_=lambda given: [*given, {"comment": other.pk, "number": 1}],
            answers_count=4,
        )


def test_nor_an_adoption_of_a_withdrawn_draft(bureau, announcement):
    complete(bureau, announcement)
    answering.rewrite(announcement, bureau)
    withdraw(bureau, announcement)
    with pytest.raises(IntegrityError, match="withdrawn_draft"), transaction.atomic():
        insert(announcement, bureau)


def test_nor_a_second_one_or_more_to_a_signed_one(bureau, announcement, comments):
    complete(bureau, announcement)
    first = insert(announcement, bureau)
    for seq, name in ((1, "statement_"), (2, "statement_corrects")):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            insert(announcement, bureau, seq=seq)
    opinion = first.opinions.first()
    more = [
        SignedOpinion(
            statement=first,
            number=9,
            text="x",
            people=1,
            comments=1,
            arguments=1,
            concentrated=False,
            disposition="adopted",
        ),
        SignedAnswer(statement=first, opinion=opinion, comment=comments[2]),
    ]
    for row in more:
        with pytest.raises(IntegrityError, match="statement_is_signed"), transaction.atomic():
            row.save()


def test_an_older_statement_is_not_made_public(bureau, announcement):
    complete(bureau, announcement)
    first = answering.sign(announcement, bureau)
    answering.rewrite(announcement, bureau, correction_reason="更正")
    answering.sign(announcement, bureau)
    why = r"older_statement|disclosure_before_release"
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        Disclosure.objects.create(statement=first, disclosed_at=now())


@pytest.mark.parametrize("model", [StatementStep, ConcentrationRule])
def test_what_was_passed_and_set_stays(bureau, announcement, model):
    rule()
    complete(bureau, announcement)
    answering.sign(announcement, bureau)
    column = "digest" if model is StatementStep else "people"
    for change in (
        lambda: model.objects.update(**{column: 7}),
        lambda: model.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# --- concentration ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "percent", "held_by", "expected"),
    [
        (10, 5, 1, True),
        (3, 100, 2, False),
        (2, 100, 2, True),
        (9, 67, 2, False),
        (9, 66, 2, True),
    ],
)
def test_the_rule_counts_people_or_percent(
    bureau, announcement, comments, people, percent, held_by, expected
):
    rule(people, percent)
    services.add_opinion(
        announcement, "写明门厅。", comments=comments[:held_by], user=bureau.drafter, now=now()
    )
    assert [one.concentrated for one in answers.weighed(announcement)] == [expected]


def test_only_the_administrator_sets_it_and_every_rule_stays_on_record(bureau):
    administrator = make.administrator()
    for user, people, percent in (
        (bureau.reviewer, 10, 5),
        (administrator, 0, 5),
        (administrator, 10, 0),
        (administrator, 10, 101),
    ):
        with pytest.raises(Refused):
            services.set_concentration(people=people, percent=percent, user=user, now=now())
    rule(10, 5)
    rule(20, 3)
    assert answers.concentration().people == 20
    assert ConcentrationRule.objects.count() == 2
    assert Entry.objects.filter(action="concentration.set").count() == 2


@pytest.fixture
def concentrated(bureau, announcement, comments):
    """Three people hold it, and that is enough by the rule."""
    rule()
    return services.add_opinion(
        announcement, "写明门厅。", comments=comments, user=bureau.drafter, now=now()
    )


def standing(announcement):
    return {one.opinion.pk: one.concentrated for one in answers.weighed(announcement)}


def test_both_parts_of_a_split_stay_concentrated(bureau, announcement, concentrated, comments):
    part = services.split_opinion(
        concentrated, "写明通道。", comments[:1], user=bureau.drafter, now=now()
    )
    assert standing(announcement) == {concentrated.pk: True, part.pk: True}
    assert part.split_from == concentrated


def test_where_comments_are_moved_and_merged_to_it_stays_concentrated(
    bureau, announcement, concentrated, comments
):
    other = services.add_opinion(announcement, "通道。", user=bureau.drafter, now=now())
    services.move_comments(concentrated, other, comments[:1], user=bureau.drafter, now=now())
    third = services.add_opinion(announcement, "门厅。", user=bureau.drafter, now=now())
    services.merge_opinions(third, [other], user=bureau.drafter, now=now())
    assert standing(announcement) == {concentrated.pk: True, third.pk: True}


def test_only_the_reviewer_agrees_that_a_part_is_none_any_more(
    bureau, announcement, concentrated, comments
):
    part = services.split_opinion(
        concentrated, "写明通道。", comments[:1], user=bureau.drafter, now=now()
    )
    for user, reason in ((bureau.drafter, "只有一人"), (bureau.reviewer, " ")):
        with pytest.raises(Refused):
            services.agree_less_concentrated(part, reason=reason, user=user, now=now())
    services.agree_less_concentrated(part, reason="只有一人", user=bureau.reviewer, now=now())
    assert standing(announcement) == {concentrated.pk: True, part.pk: False}


def everything(bureau):
    """One person who drafts and reviews."""
    return make.person("", bureau.organisation, Role.DRAFTER, Role.REVIEWER, name="周全")


@pytest.mark.parametrize("who", ["drafter and reviewer", "administrator"])
def test_whoever_splits_moves_or_merges_it_does_not_agree(
    bureau, announcement, concentrated, comments, who
):
    person = make.administrator() if who == "administrator" else everything(bureau)
    by = {"user": person, "now": now()}
    part = services.split_opinion(concentrated, "写明通道。", comments[:1], **by)
    other = services.add_opinion(announcement, "通道。", user=bureau.drafter, now=now())
    services.move_comments(part, other, comments[:1], user=bureau.drafter, now=now())
    third = services.add_opinion(announcement, "门厅。", user=bureau.drafter, now=now())
    services.merge_opinions(third, [other], user=bureau.drafter, now=now())
    for opinion in (concentrated, part, third):
        opinion.refresh_from_db()
        assert opinion.kept_concentrated
        with answering.refused("somebody else has to agree"):
            services.agree_less_concentrated(opinion, reason="只有一人", **by)
    services.agree_less_concentrated(third, reason="只有一人", user=bureau.reviewer, now=now())
    aside = services.add_opinion(announcement, "另一件事。", user=bureau.drafter, now=now())
    services.agree_less_concentrated(aside, reason="与此无关", **by)


def flagged(announcement):
    with override("en"):
        return [(flag.key, flag.words) for flag in services.flags(announcement)]


def test_the_reviewer_sees_who_agreed_and_what_became_of_that_part(
    bureau, announcement, concentrated, comments
):
    by = {"user": bureau.drafter, "now": now()}
    part = services.split_opinion(concentrated, "写明通道。", comments[:1], **by)
    assert flagged(announcement) == []
    services.agree_less_concentrated(part, reason="只有一人", user=bureau.reviewer, now=now())
    name = bureau.reviewer.get_full_name() or bureau.reviewer.get_username()
    [(key, words)] = flagged(announcement)
    assert (key, f"; {name} agreed" in words) == (part.pk, True)
    services.move_comments(part, concentrated, comments[:1], **by)
    with answering.refused("merge it into another"):
        services.remove_opinion(part, **by)
    heir = services.add_opinion(announcement, "门厅。", **by)
    services.merge_opinions(heir, [part], **by)
    assert flagged(announcement) == [(heir.pk, words)]


@pytest.mark.parametrize("who", ["drafter and reviewer", "administrator", "reviewer"])
def test_what_a_reviewer_took_out_is_shown_too_and_stays_shown(
    bureau, announcement, concentrated, comments, who
):
    people = {"drafter and reviewer": everything(bureau), "administrator": make.administrator()}
    by = {"user": people.get(who, bureau.reviewer), "now": now()}
    services.unmap_comments(concentrated, comments, **by)
    heir = services.add_opinion(announcement, "门厅。", comments=comments[:2], **by)
    [(key, words)] = flagged(announcement)
    assert (key, words[:1]) == (concentrated.pk, "3")
    with answering.refused("merge it into another"):
        services.remove_opinion(concentrated, **by)
    services.merge_opinions(heir, [concentrated], **by)
    assert flagged(announcement) == [(heir.pk, words)]


def test_an_opinion_of_which_nothing_can_be_shown_any_more_is_removed(
    bureau, announcement, concentrated, comments
):
    by = {"user": bureau.reviewer, "now": now()}
    services.unmap_comments(concentrated, comments, **by)
    with clock.standing_at(clock.at("2026-03-05")):
        for comment in comments:
            services.take_back(comment, now=now())
    services.remove_opinion(concentrated, **by)
    assert not announcement.opinions.exists()


def test_comments_are_not_taken_out_until_it_is_no_longer_concentrated(
    bureau, announcement, concentrated, comments
):
    with answering.refused("no longer be concentrated"):
        services.unmap_comments(concentrated, comments[:1], user=bureau.drafter, now=now())
    assert concentrated.mappings.count() == 3
    assert services.unmap_comments(concentrated, comments[:1], user=bureau.reviewer, now=now())
    assert standing(announcement) == {concentrated.pk: False}


def test_nor_out_of_what_is_left_after_a_split(bureau, announcement, concentrated, comments):
    """Split one off, empty the rest, write it down anew: nobody would owe a reason any more."""
    services.split_opinion(concentrated, "写明通道。", comments[:1], user=bureau.drafter, now=now())
    with answering.refused("no longer be concentrated"):
        services.unmap_comments(concentrated, comments[1:], user=bureau.drafter, now=now())


def test_the_reviewer_sees_what_a_drafter_took_out(bureau, announcement, comments):
    rule(people=2)
    opinion = services.add_opinion(
        announcement, "写明门厅。", comments=comments, user=bureau.drafter, now=now()
    )
    services.unmap_comments(opinion, comments[:1], user=bureau.drafter, now=now())
    with override("en"):
        [flag] = services.flags(announcement)
    assert (flag.key, flag.words[:1]) == (opinion.pk, "1")


# --- passages -----------------------------------------------------------------------------------


def passages(opinion):
    return list(OpinionComment.objects.filter(opinion=opinion).values_list("passage", flat=True))


def test_each_passage_of_a_comment_is_kept_once_and_looked_at(bureau, announcement):
    with clock.standing_at(clock.at(answering.CLOSED)):
        said = answering.letter(
            announcement, bureau.drafter, "应写明门厅。费用太高。\n通道也要写。"
        )
    by = {"user": bureau.drafter, "now": now()}
    opinion = services.add_opinion(announcement, "写明。", comments=[said], **by)
    for passage in ("写明门厅", " 通道也要写。 ", "写明门厅", "", "费用太高。\r\n通道也要写。"):
        services.map_comments(opinion, [said], passage=passage, **by)
    assert passages(opinion) == ["写明门厅\n通道也要写。\n费用太高。"]
    mapped = Entry.objects.filter(action="comment.mapped", subject_id=str(said.pk))
    assert mapped.count() == 4, "once without a passage, and once for each that was new"
    for passage in ("电梯也要写。", "写明门厅\n电梯也要写。"):
        with answering.refused("does not say this"):
            services.map_comments(opinion, [said], passage=passage, **by)
    assert [one["passage"] for one in services.content(announcement).answers] == passages(opinion)


@pytest.mark.parametrize("way", ["merge", "move", "split and merge"])
def test_where_a_comment_holds_both_opinions_both_passages_are_kept(
    bureau, announcement, comments, way
):
    by = {"user": bureau.drafter, "now": now()}
    first = services.add_opinion(announcement, "门厅。", comments=comments[:2], **by)
    second = services.add_opinion(announcement, "第四条。", comments=comments[2:], **by)
    services.map_comments(first, comments[:1], passage="门厅", **by)
    services.map_comments(second, comments[:1], passage="第四条", **by)
    services.map_comments(second, comments[1:2], passage="通道里", **by)
    if way == "move":
        services.move_comments(second, first, comments, **by)
    else:
        if way == "split and merge":
            second = services.split_opinion(second, "部分。", comments, **by)
        services.merge_opinions(first, [second], **by)
    assert passages(first) == ["门厅\n第四条", "通道里", ""]


# --- nobody loses an answer ---------------------------------------------------------------------

PLACES = st.integers(0, 5)
SOME = st.sets(PLACES, min_size=1, max_size=4)
KINDS = ["map", "move", "split", "merge", "unmap", "remove"]
MOVES = st.one_of(
    st.tuples(st.just("add"), PLACES, PLACES, SOME),
    st.tuples(
        st.sampled_from(["map", "move", "split", "merge", "unmap", "remove"]), PLACES, PLACES, SOME
    ),
)


@pytest.fixture(scope="module")
def crowd(made):
    """Six comments, by the drafter of the bureau to be sorted."""
    bureau, _announcement, _page = made
    with clock.standing_at(clock.at(answering.CLOSED)):
        announcement = answering.asked(bureau, *(f"第{n}条应当修改。" for n in range(6)))
    return bureau, announcement, list(announcement.comments.order_by("pk"))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(MOVES, min_size=3, max_size=14))
def test_no_comment_loses_its_answer_and_what_is_concentrated_stays_so(crowd, moves):
    with transaction.atomic():
        rule(people=4)
        sorting = _Sorting(*crowd)
        for move in moves:
            sorting.make(*move)
        transaction.set_rollback(True)


class _Sorting:
    """A drafter who sorts comments into opinions, at random."""

    def __init__(self, bureau, announcement, comments):
        self.by, self.announcement, self.comments = bureau.drafter, announcement, comments
        self.when = {"user": self.by, "now": now()}

    def make(self, kind, first, second, places):
        chosen = [self.comments[place] for place in sorted(places)]
        opinions = list(Opinion.objects.standing().filter(announcement=self.announcement))
        answered, before = self.answered(), standing(self.announcement)
        source = opinions[first % len(opinions)] if opinions else None
        target = opinions[second % len(opinions)] if opinions else None
        try:
            with transaction.atomic():
                heir = self.take(kind, source, target, chosen)
        except Refused:
            assert (answered, before) == (self.answered(), standing(self.announcement))
            return
        after = standing(self.announcement)
        if kind != "unmap":
            assert self.answered() >= answered
        assert all(after.get(pk, True) for pk, was in before.items() if was), kind
        if heir is not None and before[source.pk]:
            assert after[heir.pk], kind

    def take(self, kind, source, target, chosen):
        """Makes a move; gives the opinion to which something of the source went."""
        if kind == "add" or source is None:
            services.add_opinion(self.announcement, "修改。", comments=chosen, **self.when)
        elif kind == "map":
            services.map_comments(source, chosen, **self.when)
        elif kind == "unmap":
            services.unmap_comments(source, chosen, **self.when)
        elif kind == "remove":
            services.remove_opinion(source, **self.when)
        elif kind == "split":
            return services.split_opinion(source, "部分。", chosen, **self.when)
        elif kind == "move":
            moved = services.move_comments(source, target, chosen, **self.when)
            return target if moved else None
        elif kind == "merge":
            services.merge_opinions(target, [source], **self.when)
            return target
        return None

    def answered(self):
        mappings = OpinionComment.objects.filter(opinion__announcement=self.announcement)
        return set(mappings.values_list("comment", flat=True))
