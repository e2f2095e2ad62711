import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from outbox import mail as post_office
from outbox import services
from tests import factories as make

from .conftest import NOW


@pytest.mark.django_db
def test_mail_leaves_when_it_is_delivered(mailoutbox):
    post_office.send("退回修改", "请补充解读材料。", ["editor@example.org"], now=NOW)
    assert mailoutbox == []
    assert services.deliver(NOW) == 1
    [mail] = mailoutbox
    assert (mail.subject, mail.body, mail.to) == (
        "退回修改",
        "请补充解读材料。",
        ["editor@example.org"],
    )


@pytest.fixture
def _as_served(settings):
    """Django's test runner would keep every mail in memory."""
    settings.EMAIL_BACKEND = "outbox.mail.OutboxBackend"


@pytest.mark.django_db
@pytest.mark.usefixtures("_as_served")
def test_whatever_django_sends_waits_in_the_outbox_and_arrives_whole(mailoutbox):
    letter = EmailMultiAlternatives(
        "审核", "正文", "open@example.org", ["a@example.org"], headers={"Auto-Submitted": "yes"}
    )
    letter.attach_alternative("<p>正文</p>", "text/html")
    assert letter.send() == 1
    assert mailoutbox == []
    services.deliver(timezone.now())
    [mail] = mailoutbox
    assert (mail.subject, mail.body, mail.from_email) == ("审核", "正文", "open@example.org")
    assert mail.alternatives == [("<p>正文</p>", "text/html")]
    assert mail.extra_headers == {"Auto-Submitted": "yes"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_as_served")
def test_a_mail_is_not_sent_when_its_cause_is_rolled_back(mailoutbox):
    with transaction.atomic():
        send_mail("审核", "正文", None, ["a@example.org"])
        transaction.set_rollback(True)
    services.drain(timezone.now())
    assert mailoutbox == []


@pytest.mark.django_db
@pytest.mark.usefixtures("_as_served")
def test_a_mail_with_a_file_is_refused():
    letter = EmailMessage("审核", "正文", None, ["a@example.org"])
    letter.attach("a.txt", "words", "text/plain")
    with pytest.raises(ValueError, match="attachments"):
        letter.send()


@pytest.mark.django_db
@pytest.mark.usefixtures("_as_served")
def test_the_mails_of_a_review_go_through_the_outbox(mailoutbox):
    team = make.team()
    draft = make.policy(team, title="关于推进政务公开的通知")
    make.submit(draft, team.drafter)
    make.decide(draft, team.reviewer, "reject", comment="请补充")
    assert mailoutbox == []
    services.drain(timezone.now())
    assert [mail.to for mail in mailoutbox] == [[team.drafter.email]]


@pytest.mark.django_db
@pytest.mark.usefixtures("_as_served")
def test_a_link_for_a_new_password_goes_through_the_outbox(client, mailoutbox):
    editor = make.person("fang.mingyuan")
    client.post(reverse("account_reset_password"), {"email": editor.email})
    assert mailoutbox == []
    services.drain(timezone.now())
    assert [mail.to for mail in mailoutbox] == [[editor.email]]
