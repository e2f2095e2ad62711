"""One draft from its announcement to the answer: six people, three channels, five closed doors."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pypinyin import lazy_pinyin

from consultations import services
from consultations.enums import ChannelKind, Disposition, Status, Verdict, Withheld
from consultations.models import AnswerLetter, Comment, ConsultationPage, Disclosure
from ledger import services as ledger
from ledger.models import Entry
from organisations.models import Role
from outbox import services as outbox
from outbox.models import Message
from policies.models import PolicyPage, Release
from policies.services import Refused
from tests import answering, clock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

CAMPAIGN = (
    "我支持保留地下车库的充电位，请在第四条中把门厅和通道一并写入禁止充电的范围，"
    "并且说明物业服务人应当怎样制止在门厅和通道内充电的行为。"
)
NAMES = {
    "drafter": "吕承志",
    "reviewer": "何静姝",
    "publisher": "陈玉兰",
    "manager": "周牧之",
}


@pytest.fixture
def bureau():
    """澜川市城市管理局, with a person in each role."""
    authority = make.organisation("LC-CG", name="澜川市城市管理局")
    people = {
        role.value: make.person(f"cg.{role.value}", authority, role, name=NAMES[role.value])
        for role in Role
    }
    return make.Team(authority, **people)


def by_web(announcement, name, text, **sent):
    submission = services.Submission(
        text=text,
        name=name,
        email=f"{'-'.join(lazy_pinyin(name))}@example.com",
        consent_publish=True,
        **sent,
    )
    return services.submit(announcement, submission, now=timezone.now())


def off_line(announcement, officer, channel, name, text, posted, people=1, consent=True):
    entered = services.OffLine(channel, answering.day(posted), officer, people=people)
    submission = services.Submission(text=text, name=name, consent_publish=consent)
    return services.submit(announcement, submission, off_line=entered, now=timezone.now())


def test_from_the_announcement_to_the_answer(client, bureau, mailoutbox):
    lv, he, chen = bureau.drafter, bureau.reviewer, bureau.publisher

    # Monday, 2 March: the bureau asks. The draft forbids charging in stairwells.
    with clock.standing_at(clock.at("2026-03-02")):
        announcement = make.announce(bureau, title="电动自行车停放和充电管理办法（征求意见稿）")
    assert announcement.periods.get().closes_on == answering.day("2026-03-09")

    # Six people write: three of a campaign by the form, one more there, a letter, a call.
    with clock.standing_at(clock.at("2026-03-03")):
        wang = by_web(announcement, "王建国", CAMPAIGN, clause="art-4")
        li = by_web(announcement, "李秀英", CAMPAIGN + "谢谢！", clause="art-4")
        zhang = by_web(announcement, "张伟", CAMPAIGN.replace("我支持", "我们支持"))
    with clock.standing_at(clock.at("2026-03-05")):
        liu = by_web(announcement, "刘洋", "充电服务费太高，请政府定价。", clause="art-5")
        yang = off_line(
            announcement,
            lv,
            ChannelKind.POST,
            "杨静",
            "老旧小区没有地方停。",
            "2026-03-04",
            people=12,
        )
        off_line(announcement, lv, ChannelKind.PHONE, "赵敏", "骂人的话。", "2026-03-05")

    # The bureau gives two days more; then it closes.
    with clock.standing_at(clock.at("2026-03-06")):
        services.extend(
            announcement,
            closes_on=answering.day("2026-03-11"),
            reason="应群众要求延长",
            user=lv,
            now=timezone.now(),
        )
    with clock.standing_at(clock.at("2026-03-11", "23:59")), pytest.raises(Refused):
        services.sign_statement(announcement, user=chen, now=timezone.now())
    with clock.standing_at(clock.at("2026-03-12", "00:00")), pytest.raises(services.NotOpen):
        by_web(announcement, "孙磊", "我来晚了。")

    with clock.standing_at(clock.at("2026-03-12")):
        ledger.seal(timezone.now())
        services.seal_due(timezone.now())
        page = answering.policy(bureau, announcement)
        read(announcement, lv)
        opinions = answer(announcement, bureau)
        make.submit(page, lv)
        make.decide(page, he)
        closed_doors(client, page, announcement, bureau)
        nothing_is_told(client, announcement, wang)

        statement = answering.sign(announcement, bureau)
        assert {p.last_name for p in (statement.drafted_by, statement.reviewed_by)} == {
            "吕承志",
            "何静姝",
        }
        nothing_is_told(client, announcement, wang)
        make.decide(page, chen)

    with clock.standing_at(clock.at("2026-03-12", "10:00")):
        outbox.drain(timezone.now())
        told(client, announcement, statement, opinions, [wang, li, zhang, liu, yang])
        ledger.seal(timezone.now())
    letters(mailoutbox)
    call_command("verify_ledger", verbosity=0)
    actions = list(Entry.objects.order_by("pk").values_list("action", flat=True))
    story = [
        "consultation.announced",
        "comment.received",
        "consultation.extended",
        "obligation.arose",
        "statement.signed",
        "statement.disclosed",
        "policy.released",
    ]
    places = [actions.index(action) for action in story]
    assert places == sorted(places)


def read(announcement, officer):
    """All is published but one, which insults somebody."""
    insult = announcement.comments.filter(channel=ChannelKind.PHONE).with_state()
    services.moderate(
        insult, Verdict.WITHHOLD, reason=Withheld.ABUSIVE, user=officer, now=timezone.now()
    )
    answering.read_all(announcement, officer)


def answer(announcement, bureau):
    """The campaign is found, confirmed and answered as one argument; every comment is answered."""
    lv, now = bureau.drafter, timezone.now()
    [group] = services.propose_groups(announcement, user=lv, now=now)
    assert group.members.count() == 3
    services.confirm_group(group, user=lv, now=now)
    campaign = list(Comment.objects.filter(membership__group=group))
    fee, space, insult = announcement.comments.exclude(membership__group=group).order_by("pk")
    return [
        answering.opinion(
            announcement,
            campaign,
            lv,
            text="门厅和通道也禁止充电。",
            reason="门厅和通道起火同样堵住逃生的路，已写入第四条。",
        ),
        answering.opinion(
            announcement,
            [fee],
            lv,
            text="充电服务费由政府定价。",
            disposition=Disposition.NOT_ADOPTED,
            reason="充电服务费由市场形成，本办法要求明码标价，接受监督。",
        ),
        answering.opinion(
            announcement,
            [space, insult],
            lv,
            text="老旧小区要有停放的地方。",
            disposition=Disposition.ALREADY_COVERED,
            reason="第三条已经规定物业服务人设置集中停放场所，没有条件的设在架空层。",
        ),
    ]


def closed_doors(client, page, announcement, bureau):
    """Chen tries to release it before it is answered, by five doors."""
    chen = bureau.publisher
    client.force_login(chen)
    state = PolicyPage.objects.get(pk=page.pk).current_workflow_task_state
    approve = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", state.pk])
    client.post(approve)
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    client.post(f"{bulk}?id={page.pk}", {})
    with pytest.raises(Refused):
        page.get_latest_revision().publish(user=chen)
    call_command("publish_scheduled", verbosity=0)
    PolicyPage.objects.filter(pk=page.pk).update(live=True)
    with pytest.raises(IntegrityError, match="release_"), transaction.atomic():
        Release.objects.create(
            page=page,
            organisation_code="LC-CG",
            year=2026,
            serial=1,
            released_at=timezone.now(),
            basis="not_required",
            kind=page.kind,
            business_related=page.business_related,
        )
    PolicyPage.objects.filter(pk=page.pk).update(live=False)
    client.logout()
    assert not Release.objects.exists()


def nothing_is_told(client, announcement, receipt):
    outbox.drain(timezone.now())
    assert not PolicyPage.objects.public().exists()
    assert not Disclosure.objects.exists()
    assert not AnswerLetter.objects.exists()
    assert client.get(f"/consultations/{announcement.slug}/statement/").status_code == 404
    assert "YJ-001" not in by_receipt(client, receipt)


def by_receipt(client, receipt):
    return client.post("/receipts/", {"code": receipt.code}).content.decode()


def told(client, announcement, statement, opinions, receipts):
    """Document, statement and each answer are there, and point to each other."""
    shown = ConsultationPage.objects.public().with_status(timezone.now()).get()
    assert shown.status_now == Status.ANSWERED
    release = Release.objects.get()
    assert (release.disclosure.statement, release.basis) == (statement, "consulted")
    assert (statement.received, statement.published, statement.withheld) == (6, 5, 1)
    assert statement.totals["by_channel"] == {"web": 4, "post": 1, "phone": 1}
    assert statement.totals["people"] == 17
    assert statement.totals["withheld_by_reason"] == {"abusive": 1}
    campaign, _fee, space = statement.opinions.all()
    assert (campaign.people, campaign.comments, campaign.arguments) == (3, 3, 1)
    assert (space.people, space.concentrated) == (13, True)
    codes = [opinions[0].code] * 3 + [opinions[1].code, opinions[2].code]
    for receipt, code in zip(receipts, codes, strict=True):
        page = by_receipt(client, receipt)
        opinion = statement.opinions.get(number=int(code.removeprefix("YJ-")))
        assert code in page
        assert opinion.reason in page
    policy = client.get(release.get_absolute_url()).content.decode()
    assert "门厅、通道同样禁止" in policy
    assert f"/consultations/{announcement.slug}/statement/" in policy
    page = client.get(f"/consultations/{announcement.slug}/statement/").content.decode()
    assert release.get_absolute_url() in page
    assert "骂人的话" not in page


def letters(mailoutbox):
    """The four who left an address are written to once, each about their own."""
    assert not Message.objects.failing().exists(), "the letters are done with"
    written = [mail for mail in mailoutbox if "YJ-00" in mail.body]
    assert len({mail.to[0] for mail in written}) == len(written) == 4
    assert sum("第四条" in mail.body for mail in written) == 3
