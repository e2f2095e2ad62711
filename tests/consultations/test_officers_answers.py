"""Officers at their desk: sixty comments answered before lunch, by the admin's own addresses."""

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from consultations import services
from consultations.answers import concentration, unmapped
from consultations.enums import Disposition, GroupState
from consultations.models import (
    Assignment,
    CommentGroup,
    Opinion,
    OpinionComment,
    Phrase,
    SignedStatement,
    StatementDraft,
)
from consultations.rules import Concentration
from tests import answering, clock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

CAMPAIGN = (
    "建议在第四条中写明门厅和通道同样禁止停放电动自行车，因为门厅和通道起火时居民无法逃生，"
    "去年我们小区就发生过这样的事故，请务必采纳。"
)
ENDINGS = ("", "谢谢！", "住户老王。", "盼复。")
OTHERS = ("充电服务费太高，建议", "希望明确罚款数额，", "外卖骑手的换电柜应当")


@pytest.fixture
def bureau():
    return make.team("LC-BG")


def ask(bureau, *texts):
    """An open consultation with these comments."""
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = make.announce(bureau)
    with clock.standing_at(clock.at("2026-03-04")):
        for text in texts:
            answering.comment(announcement, text)
    return announcement


@pytest.fixture
def closed(bureau):
    """Closed, with three comments and the draft of its policy."""
    announcement = ask(bureau, "第四条应当写明门厅。", "通道里也不能充电。", "充电服务费太高。")
    with clock.standing_at(clock.at(answering.CLOSED)):
        answering.policy(bureau, announcement)
        yield announcement


def address(announcement, name, *more, query=""):
    return reverse(f"consultations_admin:{name}", args=[announcement.page_id, *more]) + query


def first_key(announcement):
    return announcement.comments.order_by("pk")[0].pk


def test_sixty_comments_are_answered_before_lunch(client, bureau):
    texts = [CAMPAIGN + ENDINGS[n % 4] for n in range(40)]
    texts += [f"{OTHERS[n % 3]}第{n}条意见" for n in range(20)]
    announcement = ask(bureau, *texts)
    with clock.standing_at(clock.at(answering.CLOSED)):
        answering.policy(bureau, announcement)
        answering.read_all(announcement, bureau.drafter)
        client.force_login(bureau.drafter)

        client.post(address(announcement, "groups"), {"action": "propose"})
        group = CommentGroup.objects.get()
        assert group.members.count() == 40
        page = client.get(address(announcement, "groups")).content.decode()
        assert "40条" in page
        assert CAMPAIGN in page
        own = address(announcement, "group", group.pk)
        client.post(own, {"action": "confirm"})
        client.post(own, {"action": "answer", "text": "写明门厅和通道。"})
        assert unmapped(announcement).count() == 20

        left = address(announcement, "answers", query="?answered=no")
        rest = {"action": "answer", "text": "降低收费，明确罚款。", "all": "1"}
        asked = client.post(left, rest)
        assert "20" in asked.content.decode()
        assert unmapped(announcement).count() == 20
        client.post(left, rest | {"confirmed": "20"})
        assert not unmapped(announcement).exists()

        campaign, fees = Opinion.objects.order_by("number")
        decided = client.post(
            address(announcement, "opinion", campaign.pk),
            {
                "action": "decide",
                "disposition": "adopted",
                "reason": "门厅和通道起火同样危险，已在第四条写明。",
                "changed_clauses": ["art-4"],
            },
        )
        assert decided.status_code == 302
        client.post(
            address(announcement, "opinion", fees.pk),
            {
                "action": "decide",
                "disposition": "not_adopted",
                "reason": "充电服务费由市场形成，本办法只要求明码标价；罚款由上位法规定。",
            },
        )
        statement = address(announcement, "statement")
        for person, action in [
            (bureau.drafter, "submit"),
            (bureau.reviewer, "approve"),
            (bureau.publisher, "sign"),
        ]:
            client.force_login(person)
            assert f'value="{action}"' in client.get(statement).content.decode()
            assert client.post(statement, {"action": action}).status_code == 302
        signed = SignedStatement.objects.get()
        assert signed.answers_count == 60
        assert signed.drafted_by == bureau.drafter
        told = client.get(address(announcement, "signed_statement", signed.pk)).content.decode()
        assert "第四条" in told
        assert signed.digest in told


def test_the_board_counts_filters_and_assigns(client, bureau, closed):
    client.force_login(bureau.drafter)
    first = first_key(closed)
    done = client.post(
        address(closed, "answers"),
        {"action": "assign", "officer": str(bureau.reviewer.pk), "comment": [first]},
    )
    assert done.status_code == 302
    assert Assignment.objects.get().officer == bureau.reviewer
    own = f"?officer={bureau.reviewer.pk}"
    shown = client.get(address(closed, "answers", query=own)).context
    assert [line["comment"].pk for line in shown["rows"]] == [first]
    unassigned = client.get(address(closed, "answers", query="?officer=nobody")).context
    assert len(unassigned["rows"]) == 2
    numbers = unassigned["numbers"]
    assert (numbers.comments, numbers.people, numbers.arguments) == (3, 3, 3)
    assert (numbers.unanswered, numbers.unassigned, numbers.unread) == (3, 2, 3)
    assert numbers.days > 0
    found = client.get(address(closed, "answers", query="?search=服务费")).context["rows"]
    assert [line["text"].text for line in found] == ["充电服务费太高。"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"action": "answer", "text": "降低收费。"}, "Choose comments first."),
        ({"action": "answer", "comment": "FIRST"}, "Choose an opinion or write a new one."),
        ({"action": "assign", "comment": "FIRST"}, "Choose an officer."),
        (
            {"action": "group", "comment": "FIRST"},
            "Choose at least two comments that are in no group.",
        ),
        ({"action": "dance", "comment": "FIRST"}, "Choose what to do."),
    ],
)
def test_what_is_refused_on_the_board_is_said_and_what_was_typed_is_kept(
    client, bureau, closed, sent, words
):
    client.force_login(bureau.drafter)
    first = first_key(closed)
    data = {name: first if value == "FIRST" else value for name, value in sent.items()}
    answer = client.post(address(closed, "answers"), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sent.get("text", "") in page
    assert answer.context["form"].non_field_errors() == [_(words)]
    if "comment" in sent:
        assert f'value="{first}" aria-label' in page
        assert answer.context["ticked"] == {first}


def test_the_board_asks_a_constant_number_of_queries(client, bureau, django_assert_max_num_queries):
    announcement = ask(bureau, "第四条应当写明门厅。", "通道里也不能充电。")
    with clock.standing_at(clock.at(answering.CLOSED)):
        client.force_login(bureau.drafter)
        client.get(address(announcement, "answers"))
        counts = []
        for more in (0, 30):
            with clock.standing_at(clock.at("2026-03-05")):
                for n in range(more):
                    answering.comment(announcement, f"第{n}条意见，请予考虑。")
            found = list(announcement.comments.all())
            answering.opinion(
                announcement, found, bureau.drafter, disposition=Disposition.ALREADY_COVERED
            )
            with django_assert_max_num_queries(100) as asked:
                client.get(address(announcement, "answers"))
            counts.append(len(asked))
        assert counts[0] == counts[1]


def test_a_passage_gets_an_opinion_and_a_foreign_one_is_given_back(client, bureau, closed):
    client.force_login(bureau.drafter)
    comment = first_key(closed)
    mapped = address(closed, "map_passage", comment)
    foreign = client.post(mapped, {"passage": "从未说过的话", "text": "写明门厅。"})
    assert foreign.status_code == 422
    assert "从未说过的话" in foreign.content.decode()
    assert not Opinion.objects.exists()
    assert client.post(mapped, {"passage": "写明门厅", "text": "写明门厅。"}).status_code == 302
    assert OpinionComment.objects.get().passage == "写明门厅"
    page = client.get(address(closed, "comment", comment)).content.decode()
    assert "YJ-001" in page
    assert "写明门厅" in page
    opinion = Opinion.objects.get()
    client.post(mapped, {"passage": "第四条", "opinion": str(opinion.pk)})
    page = client.get(address(closed, "comment", comment)).content.decode()
    for passage in ("写明门厅", "第四条"):
        assert f'dir="auto">{passage}</blockquote>' in page
    assert (
        "“写明门厅” “第四条”" in client.get(address(closed, "opinion", opinion.pk)).content.decode()
    )


def test_the_officer_who_split_an_opinion_is_told_that_somebody_else_has_to_agree(
    client, bureau, closed
):
    administrator = make.administrator()
    client.force_login(administrator)
    answering.read_all(closed, bureau.drafter)
    keys = list(closed.comments.values_list("pk", flat=True))
    client.post(address(closed, "answers"), {"action": "answer", "text": "全部。", "comment": keys})
    whole = Opinion.objects.get()
    own = address(closed, "opinion", whole.pk)
    client.post(own, {"action": "split", "move-text": "收费。", "comment": [keys[2]]})
    part = address(closed, "opinion", Opinion.objects.get(split_from=whole).pk)
    note = {"action": "agree", "note-reason": "拆出的部分只有少数人提出。"}
    refused = client.post(part, note)
    assert refused.status_code == 422
    assert note["note-reason"] in refused.content.decode()
    client.force_login(bureau.reviewer)
    assert client.post(part, note).status_code == 302
    flags = client.get(address(closed, "statement")).context["flags"]
    name = bureau.reviewer.get_full_name() or bureau.reviewer.get_username()
    assert [name in flag.words for flag in flags] == [True]


def test_a_proposal_is_split_and_groups_are_merged(client, bureau):
    announcement = ask(bureau, *[CAMPAIGN + ending for ending in ENDINGS], *[OTHERS[0] * 6] * 2)
    with clock.standing_at(clock.at(answering.CLOSED)):
        client.force_login(bureau.drafter)
        client.post(address(announcement, "groups"), {"action": "propose"})
        big, small = sorted(CommentGroup.objects.all(), key=lambda one: -one.members.count())
        own = address(announcement, "group", big.pk)
        refused = client.post(own, {"action": "split"})
        assert refused.status_code == 422
        out = list(big.members.values_list("comment", flat=True)[:2])
        client.post(own, {"action": "split", "comment": out})
        assert CommentGroup.objects.count() == 3
        everything = list(CommentGroup.objects.values_list("pk", flat=True))
        client.post(address(announcement, "groups"), {"action": "merge", "group": everything})
        (one,) = CommentGroup.objects.all()
        assert one.state == GroupState.CONFIRMED
        assert one.members.count() == 6
        client.post(address(announcement, "group", one.pk), {"action": "dissolve"})
        assert not CommentGroup.objects.exists()
    assert small.pk in everything


def test_a_wrong_clause_and_an_unadapted_phrase_are_refused_beside_what_was_typed(
    client, bureau, closed
):
    client.force_login(bureau.drafter)
    phrase = Phrase.objects.create(text="经研究，〔理由〕，未予采纳。")
    found = list(closed.comments.all())
    client.post(
        address(closed, "answers"),
        {"action": "answer", "text": "写明门厅。", "comment": [one.pk for one in found]},
    )
    opinion = Opinion.objects.get()
    own = address(closed, "opinion", opinion.pk)
    page = client.get(own)
    assert phrase.text in page.content.decode()
    assert page.context["clauses"][0]["box"].data["value"] == "art-4"
    assert page.context["clauses"][0]["is_loose"]
    sent = {"action": "decide", "disposition": "not_adopted", "reason": phrase.text}
    unadapted = client.post(own, sent)
    assert unadapted.status_code == 422
    assert phrase.text in unadapted.context["forms"]["decision"]["reason"].value()
    adopted = {"action": "decide", "disposition": "adopted"}
    for clauses in (["art-5"], []):
        assert client.post(own, adopted | {"changed_clauses": clauses}).status_code == 422
    opinion.refresh_from_db()
    assert opinion.disposition == ""


def test_opinions_move_split_and_merge_with_lineage(client, bureau, closed):
    client.force_login(bureau.drafter)
    keys = list(closed.comments.values_list("pk", flat=True))
    client.post(address(closed, "answers"), {"action": "answer", "text": "全部。", "comment": keys})
    whole = Opinion.objects.get()
    own = address(closed, "opinion", whole.pk)
    client.post(own, {"action": "split", "move-text": "收费。", "comment": [keys[2]]})
    part = Opinion.objects.get(split_from=whole)
    shown = client.get(address(closed, "opinion", part.pk)).content.decode()
    assert whole.code in shown
    client.post(own, {"action": "move", "move-target": part.pk, "comment": [keys[1]]})
    assert part.mappings.count() == 2
    assert client.post(own, {"action": "move", "comment": [keys[0]]}).status_code == 422
    client.post(own, {"action": "reword", "wording-text": "门厅。"})
    whole.refresh_from_db()
    assert whole.text == "门厅。"
    note = {"action": "agree", "note-reason": "拆出的部分只有少数人提出。"}
    assert client.post(address(closed, "opinion", part.pk), note).status_code == 422
    client.force_login(bureau.reviewer)
    assert client.post(address(closed, "opinion", part.pk), note).status_code == 302
    client.force_login(bureau.drafter)
    client.post(address(closed, "opinion", part.pk), {"action": "merge", "move-target": whole.pk})
    part.refresh_from_db()
    assert part.merged_into == whole
    assert client.get(address(closed, "opinion", part.pk)).status_code == 200


def test_the_statement_names_what_is_missing_and_where_it_is_mended(client, bureau, closed):
    client.force_login(bureau.drafter)
    statement = address(closed, "statement")
    page = client.get(statement).content.decode()
    assert address(closed, "answers") + "?answered=no" in page
    assert address(closed, "comments") + "?state=pending" in page
    refused = client.post(statement, {"action": "submit"})
    assert refused.status_code == 422
    assert refused.context["refused"]
    client.post(statement, {"action": "write", "kind": "adoption", "words": "感谢参与。"})
    assert StatementDraft.objects.get().words == "感谢参与。"
    client.force_login(bureau.reviewer)
    assert client.post(statement, {"action": "return", "note": ""}).status_code == 422


def test_a_correction_is_a_new_statement_that_names_the_first(client, bureau, closed):
    answering.read_all(closed, bureau.drafter)
    answering.opinion(closed, list(closed.comments.all()), bureau.drafter)
    first = answering.sign(closed, bureau)
    client.force_login(bureau.drafter)
    statement = address(closed, "statement")
    assert "correction_reason" in client.get(statement).context["words"].fields
    data = {"action": "write", "kind": "adoption", "words": "", "correction_reason": "人数有误。"}
    client.post(statement, data)
    second = answering.sign(closed, bureau)
    assert second.corrects == first
    shown = client.get(address(closed, "signed_statement", first.pk)).content.decode()
    assert "人数有误。" in shown


def test_a_withdrawn_draft_is_closed_with_its_reason(client, bureau, closed):
    services.withdraw(closed, reason="另行起草。", user=bureau.publisher, now=timezone.now())
    answering.read_all(closed, bureau.drafter)
    client.force_login(bureau.drafter)
    statement = address(closed, "statement")
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert statement in home
    assert client.post(statement, {"action": "submit"}).status_code == 422
    client.post(statement, {"action": "write", "kind": "closing", "words": "草案已放弃。"})
    signed = answering.sign(closed, bureau)
    assert signed.disclosure
    assert statement not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_the_start_page_says_whose_turn_it_is(client, bureau, closed):
    home = reverse("wagtailadmin_home")
    stranger = make.team("LC-GA").drafter
    words = address(closed, "statement")
    client.force_login(stranger)
    assert words not in client.get(home).content.decode()
    client.force_login(bureau.drafter)
    assert words in client.get(home).content.decode()


def test_strangers_and_managers_find_nothing(client, bureau, closed):
    for person in (make.team("LC-GA").drafter, bureau.manager):
        client.force_login(person)
        for name in ("answers", "groups", "opinions", "statement"):
            assert client.get(address(closed, name)).status_code in {302, 403, 404}
            assert client.post(address(closed, name), {"action": "submit"}).status_code in {
                302,
                403,
                404,
            }


def test_only_the_administrator_sets_when_an_opinion_is_concentrated(client, bureau):
    rule = reverse("consultations_admin:concentration")
    client.force_login(bureau.reviewer)
    assert client.post(rule, {"people": 2, "percent": 1}).status_code == 422
    client.force_login(make.administrator())
    assert client.post(rule, {"people": 20, "percent": 10}).status_code == 302
    assert concentration() == Concentration(20, 10)


def test_an_officer_writes_phrases_for_their_own_organisation_only(client, bureau):
    other = make.team("LC-GA")
    theirs = Phrase.objects.create(organisation=other.organisation, text="别人的〔…〕")
    everybodys = Phrase.objects.create(text="大家的〔…〕")
    client.force_login(bureau.drafter)
    add = reverse("consultations_phrase:add")
    client.post(add, {"organisation": other.organisation.pk, "text": "越权〔…〕"})
    client.post(add, {"organisation": "", "text": "越权〔…〕"})
    assert not Phrase.objects.filter(text="越权〔…〕").exists()
    client.post(add, {"organisation": bureau.organisation.pk, "text": "自己的〔…〕"})
    assert Phrase.objects.filter(text="自己的〔…〕").exists()
    for foreign in (theirs, everybodys):
        edit = reverse("consultations_phrase:edit", args=[foreign.pk])
        client.post(edit, {"organisation": bureau.organisation.pk, "text": "改了"})
        foreign.refresh_from_db()
        assert foreign.text != "改了"
    listed = client.get(reverse("consultations_phrase:index")).content.decode()
    assert "别人的" not in listed
    assert "自己的" in listed


def test_taking_comments_out_of_a_concentrated_opinion_is_the_reviewers(client, bureau, closed):
    (comment, *_others) = closed.comments.order_by("pk")
    opinion = answering.opinion(closed, [comment], bureau.drafter)
    own = address(closed, "opinion", opinion.pk)
    client.force_login(bureau.drafter)
    assert client.post(own, {"action": "unmap", "comment": [comment.pk]}).status_code == 422
    assert opinion.mappings.exists()
    client.force_login(bureau.reviewer)
    assert client.post(own, {"action": "unmap", "comment": [comment.pk]}).status_code == 302
    client.force_login(bureau.drafter)
    assert client.post(own, {"action": "remove"}).status_code == 422
    other = services.add_opinion(closed, "门厅。", user=bureau.drafter, now=timezone.now())
    merge = {"action": "merge", "move-target": other.pk}
    assert client.post(own, merge).status_code == 302
    flags = client.get(address(closed, "statement")).context["flags"]
    assert [flag.key for flag in flags] == [other.pk]
