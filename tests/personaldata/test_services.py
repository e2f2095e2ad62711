from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from guards.services import violation
from ledger.models import Entry
from outbox import services as outbox
from outbox.models import Message
from personaldata import mail as contact_mail
from personaldata import services, tasks
from personaldata.models import ContactRecord
from personaldata.rules import Contact, Unreadable

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = datetime(2026, 11, 23, 1, 0, 0, 123456, tzinfo=UTC)
CAP = NOW + timedelta(days=365)
MEI = Contact("王梅", "mei.wang@example.org", "010-12345678")
SECRETS = [MEI.name, MEI.email, "mei.wang", MEI.phone, "A3F7-RECEIPT"]


@pytest.fixture
def officer():
    return User.objects.create(username="zhao", first_name="Min", last_name="Zhao")


def keep(name: str, email: str = "", phone: str = "", *, erase_by: datetime = CAP) -> ContactRecord:
    record = services.keep(name, email, phone, now=NOW, erase_by=erase_by)
    assert record
    return record


@pytest.fixture
def kept():
    return keep(MEI.name, f" {MEI.email}", MEI.phone)


def rows() -> bytes:
    """Every value of every table, as the database gives it."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [value for row in cursor.fetchall() for value in row]
    return b"\n".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for value in found
    )


def test_no_row_of_the_database_shows_it_before_the_erasure_or_after(kept, officer):
    with transaction.atomic():
        contact_mail.send(kept, "Receipt", "Dear 王梅, your code is A3F7-RECEIPT", now=NOW)
    services.open_record(kept, officer, "to answer", subject=officer, now=NOW)
    services.export_records([kept], officer, "to answer by post", subject=officer, now=NOW)
    payload = bytes(kept.payload)
    assert payload in rows()
    assert not [secret for secret in SECRETS if secret.encode() in rows()]
    assert services.erase_due(CAP) == 1
    assert payload not in rows()
    assert not [secret for secret in SECRETS if secret.encode() in rows()]


def test_nothing_is_stored_of_who_leaves_no_contact():
    assert services.keep("", " ", "", now=NOW, erase_by=CAP) is None
    assert not ContactRecord.objects.exists()


def test_what_would_be_erased_already_is_not_kept():
    with pytest.raises(ValueError, match="erased already"):
        services.keep("王梅", "", "", now=NOW, erase_by=NOW)


def test_an_officer_opens_it_and_the_ledger_says_who_and_why(kept, officer):
    subject = User.objects.create(username="comment 7")
    contact = services.open_record(kept, officer, " to ask back ", subject=subject, now=NOW)
    assert contact == MEI
    entry = Entry.objects.get()
    assert (entry.action, entry.actor_name, entry.at) == ("contact.opened", "Min Zhao", NOW)
    assert entry.subject_label == "comment 7"
    assert entry.data == {"record": str(kept.pk), "reason": "to ask back"}


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_nothing_is_opened(kept, officer, reason):
    for refused in (
        lambda: services.open_record(kept, officer, reason, subject=officer, now=NOW),
        lambda: services.export_records([kept], officer, reason, subject=officer, now=NOW),
    ):
        with pytest.raises(ValidationError) as caught:
            refused()
        assert caught.value.code == "reason"
    assert not Entry.objects.exists()


def test_an_export_is_one_entry_that_names_every_record_and_leaves_out_the_erased(kept, officer):
    gone = keep("李伟")
    assert services.erase(gone, now=NOW, actor=officer)
    records = ContactRecord.objects.all()
    opened = services.export_records(records, officer, "by post", subject=officer, now=NOW)
    assert opened == {kept.pk: MEI}
    entry = Entry.objects.get(action="contact.exported")
    assert entry.data == {"records": [str(kept.pk)], "reason": "by post"}


def test_a_payload_copied_over_another_persons_is_not_opened(kept, officer):
    other = keep("李伟")
    other.payload = kept.payload
    with pytest.raises(Unreadable):
        services.open_record(other, officer, "to answer", subject=officer, now=NOW)
    assert not Entry.objects.exists()


def test_a_key_that_was_replaced_still_opens_what_it_encrypted(kept, settings):
    settings.PERSONAL_DATA_KEYS = ["n" * 50, *settings.PERSONAL_DATA_KEYS]
    assert services.for_delivery(kept) == MEI
    settings.PERSONAL_DATA_KEYS = ["n" * 50]
    with pytest.raises(Unreadable):
        services.for_delivery(kept)


def test_thirty_days_after_the_answer_it_is_erased(kept):
    answered = NOW + timedelta(days=40)
    services.answer_sent(kept, now=answered)
    assert Entry.objects.get().action == "contact.erasure_planned"
    assert services.erase_due(answered + timedelta(days=30, microseconds=-1)) == 0
    assert services.erase_due(answered + timedelta(days=30)) == 1
    kept.refresh_from_db()
    assert (bytes(kept.payload), kept.erased_at) == (b"", answered + timedelta(days=30))


def test_a_second_answer_does_not_keep_it_longer(kept):
    services.answer_sent(kept, now=NOW)
    services.answer_sent(kept, now=NOW + timedelta(days=9))
    kept.refresh_from_db()
    assert kept.erase_by == NOW + timedelta(days=30)
    assert Entry.objects.count() == 1


def test_an_answer_close_to_the_cap_leaves_the_cap(kept):
    services.answer_sent(kept, now=CAP - timedelta(days=3))
    kept.refresh_from_db()
    assert kept.erase_by == CAP


def test_the_erasure_is_counted_in_the_ledger_and_happens_once(kept):
    keep("李伟")
    keep("张静", erase_by=CAP + timedelta(days=1))
    assert services.erase_due(CAP) == 2
    assert services.erase_due(CAP) == 0
    entry = Entry.objects.get()
    assert (entry.action, entry.actor_id, entry.data) == ("contact.erased", None, {"count": 2})


def test_an_erased_record_opens_to_nobody(kept, officer):
    assert services.erase(kept, now=NOW)
    assert not services.erase(kept, now=NOW)
    kept.refresh_from_db()
    assert services.for_delivery(kept) is None
    services.answer_sent(kept, now=NOW)
    with pytest.raises(ValidationError) as caught:
        services.open_record(kept, officer, "to answer", subject=officer, now=NOW)
    assert caught.value.code == "erased"


def test_nothing_to_erase_opens_no_transaction(kept, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert services.erase_due(NOW) == 0


def test_the_command_and_the_task_erase_what_is_due(kept):
    with time_machine.travel(CAP, tick=False):
        out = StringIO()
        call_command("erase_personal_data", stdout=out)
        assert out.getvalue() == "Contact records erased: 1\n"
        assert tasks.erase_due() == 0


def test_the_clock_of_the_site_erases_every_hour(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["erase contact data"]
    assert entry["task"] == tasks.erase_due.name


def test_mail_goes_to_the_address_and_the_outbox_does_not_hold_it(kept):
    with transaction.atomic():
        contact_mail.send(kept, "回执", "您的意见已收到", now=NOW)
    assert set(Message.objects.get().payload) == {"record", "sealed"}
    assert outbox.deliver(NOW) == 1
    [message] = mail.outbox
    assert (message.to, message.subject) == ([MEI.email], "回执")
    assert message.body == "您的意见已收到"


@pytest.mark.parametrize("case", ["erased", "without an address"])
def test_no_mail_goes_to_who_was_erased_or_left_no_address(kept, case):
    if case != "erased":
        kept = keep("李伟", phone="010-1")
    with transaction.atomic():
        contact_mail.send(kept, "回执", "您的意见已收到", now=NOW)
    if case == "erased":
        services.erase(kept, now=NOW)
    assert outbox.deliver(NOW) == 1
    assert mail.outbox == []


@pytest.mark.parametrize(
    "change",
    [
        {"erase_by": CAP + timedelta(seconds=1)},
        {"payload": b"another"},
        {"payload": b""},
        {"created_at": NOW - timedelta(days=1)},
        {"erased_at": NOW},
    ],
    ids=["kept longer", "altered", "emptied unseen", "back-dated", "erased in name only"],
)
def test_the_database_refuses_what_would_break_the_promise(kept, change):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        ContactRecord.objects.filter(pk=kept.pk).update(**change)
    assert violation(caught.value) == "personaldata_retention"


def test_the_database_refuses_to_bring_back_what_was_erased(kept):
    services.erase(kept, now=NOW)
    for change in ({"erased_at": None}, {"payload": b"again"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ContactRecord.objects.filter(pk=kept.pk).update(**change)


def test_the_database_refuses_to_remove_a_record_or_to_begin_with_an_empty_one(kept):
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactRecord.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactRecord.objects.create(payload=b"", created_at=NOW, erase_by=CAP)


def test_a_row_cannot_be_replaced_to_keep_it_longer(kept):
    if connection.vendor != "sqlite":
        return
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "REPLACE INTO personaldata_contactrecord SELECT id, payload, created_at, "
            "'2099-01-01 00:00:00', NULL FROM personaldata_contactrecord"
        )
