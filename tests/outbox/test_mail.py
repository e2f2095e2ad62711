import pytest

from outbox import mail as post_office
from outbox import services

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
