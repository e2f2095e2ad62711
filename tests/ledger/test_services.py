import threading
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from guards.services import install, remove, violation
from ledger import services, tasks
from ledger.models import Entry, Seal
from ledger.rules import GENESIS
from tests.concurrency import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = datetime(2026, 11, 23, 1, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def editor():
    return User.objects.create(username="wangfang", first_name="Fang", last_name="Wang")


@pytest.fixture
def three_entries():
    return [
        services.record("policy.released", None, now=NOW, data={"index": f"京{n}", "ratio": 0.1})
        for n in range(3)
    ]


def tamper(sql, params=()):
    """What a superuser can do and the ledger must show."""
    remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
    install(connection)


def test_an_entry_keeps_who_did_what_when_to_which_subject(editor):
    subject = User.objects.create(username="liwei")
    data = {"due": date(2026, 12, 1)}
    services.record("account.closed", subject, actor=editor, now=NOW, data=data)
    entry = Entry.objects.get()
    assert (entry.at, entry.action) == (NOW, "account.closed")
    assert (entry.actor_id, entry.actor_name) == (editor.pk, "Fang Wang")
    assert (entry.subject_type, entry.subject_id) == ("auth.user", str(subject.pk))
    assert entry.subject_label == "liwei"
    assert entry.data == {"due": "2026-12-01"}


def test_erasing_the_account_leaves_the_log_whole(editor):
    services.record("account.closed", editor, actor=editor, now=NOW)
    services.seal(NOW)
    editor.delete()
    assert Entry.objects.get().actor_name == "Fang Wang"
    assert services.verify() == []


@pytest.mark.parametrize("actor", [None, AnonymousUser()])
def test_without_an_account_the_actor_is_the_system(actor):
    entry = services.record("site.started", None, actor=actor, now=NOW)
    assert (entry.actor_id, entry.actor_name, entry.subject_type) == (None, "", "")


def test_an_action_that_is_no_name_is_refused():
    with pytest.raises(ValueError, match="small words"):
        services.record("Released!", None, now=NOW)


def test_sealing_chains_what_has_no_seal_yet(three_entries):
    assert services.seal(NOW) == 3
    assert services.seal(NOW) == 0
    first, second, third = Seal.objects.order_by("seq")
    assert [s.entry for s in (first, second, third)] == three_entries
    assert first.previous_hash == GENESIS
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert services.root() == services.Root(3, third.hash)
    assert services.verify() == []


def test_sealing_goes_in_batches(three_entries, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    assert services.seal(NOW) == 3
    assert services.verify() == []


def test_an_entry_that_committed_late_is_sealed_late(three_entries):
    late, *others = three_entries
    tamper("DELETE FROM ledger_entry WHERE id = %s", [late.pk])
    services.seal(NOW)
    late.save(force_insert=True)
    assert services.seal(NOW) == 0  # the first seals of all: nothing to look back to
    assert services.seal(NOW, look_back=None) == 1
    assert list(Seal.objects.order_by("seq").values_list("entry", flat=True)) == [
        *(entry.pk for entry in others),
        late.pk,
    ]
    assert services.verify() == []


def test_nothing_to_seal_opens_no_transaction(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert services.seal(NOW) == 0


@pytest.mark.parametrize(
    ("sql", "seq", "reason"),
    [
        ("UPDATE ledger_entry SET actor_name = 'somebody else' WHERE id = %s", 2, "not what was"),
        ("UPDATE ledger_entry SET at = '2026-11-23 01:00:00' WHERE id = %s", 2, "not what was"),
        ("UPDATE ledger_seal SET hash = 'x' WHERE entry_id = %s", 2, "not what was"),
        ("UPDATE ledger_seal SET previous_hash = 'x' WHERE entry_id = %s", 2, "does not follow"),
        ("DELETE FROM ledger_seal WHERE entry_id = %s", 3, "are gone"),
    ],
)
def test_a_change_behind_the_guards_is_found(three_entries, sql, seq, reason):
    services.seal(NOW)
    tamper(sql, [three_entries[1].pk])
    problems = services.verify()
    assert problems[0].seq == seq
    assert reason in str(problems[0])


def test_each_changed_entry_is_named_and_no_other(three_entries):
    services.seal(NOW)
    tamper("UPDATE ledger_entry SET action = 'a.b' WHERE id <> %s", [three_entries[1].pk])
    assert [p.entry_id for p in services.verify()] == [three_entries[0].pk, three_entries[2].pk]


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_gone_is_found(three_entries):
    services.seal(NOW)
    remove(connection)
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_drop_foreign_key(cursor))
        cursor.execute("DELETE FROM ledger_entry WHERE id = %s", [three_entries[0].pk])
    assert [str(p) for p in services.verify()] == [
        f"entry {three_entries[0].pk} (seal 1): the entry is gone"
    ]
    Seal.objects.all().delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE ledger_seal ADD CONSTRAINT ledger_seal_entry_fk FOREIGN KEY "
                "(entry_id) REFERENCES ledger_entry (id) DEFERRABLE INITIALLY DEFERRED"
            )


def _drop_foreign_key(cursor):
    constraints = connection.introspection.get_constraints(cursor, "ledger_seal")
    [name] = [name for name, facts in constraints.items() if facts["foreign_key"]]
    return f"ALTER TABLE ledger_seal DROP CONSTRAINT {name}"


def test_a_published_root_shows_a_log_that_was_cut_short_or_rewritten(three_entries):
    services.seal(NOW)
    published = services.root()
    assert published
    assert services.verify([published]) == []
    tamper("DELETE FROM ledger_seal WHERE seq = 3")
    assert [str(p) for p in services.verify([published])] == [
        "no entry (seal 3): the chain ends before this published root"
    ]
    services.seal(NOW + timedelta(seconds=1))
    assert services.verify() == []
    [problem] = services.verify([published])
    assert "published root" in problem.reason


@pytest.mark.parametrize(
    "fields",
    [{"seq": 9}, {"seq": 4, "previous_hash": "f" * 64}],
    ids=["a gap", "another past"],
)
def test_the_database_refuses_a_seal_that_is_not_the_next(three_entries, fields):
    services.seal(NOW)
    last = services.root()
    assert last
    entry = services.record("policy.released", None, now=NOW)
    values = {"entry": entry, "sealed_at": NOW, "hash": "a" * 64, "previous_hash": last.hash}
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Seal.objects.create(**values | fields)
    assert violation(caught.value) == "ledger_seal_chain"


def test_the_task_seals(three_entries):
    assert tasks.seal() == 3


def test_the_command_seals_and_prints_the_root(three_entries):
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    root = services.root()
    assert root
    assert out.getvalue() == f"The ledger holds: 3 entries; root 3:{root.hash}\n"
    call_command("verify_ledger", f"--root={root.seq}:{root.hash}", stdout=out)


def test_the_command_names_the_first_broken_entry(three_entries):
    services.seal(NOW)
    tamper("UPDATE ledger_entry SET action = 'a.b' WHERE id = %s", [three_entries[1].pk])
    with pytest.raises(CommandError, match=rf"first: entry {three_entries[1].pk} \(seal 2\)"):
        call_command("verify_ledger")


def test_the_command_refuses_what_is_no_root():
    with pytest.raises(CommandError, match="is not NUMBER:HASH"):
        call_command("verify_ledger", "--root=abc")


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_make_one_chain(three_entries):
    def work():
        try:
            services.seal(NOW)
        except Exception as error:  # noqa: BLE001 - reported by the assertion below
            failures.append(error)
        finally:
            connection.close()

    failures: list[Exception] = []
    sealers = [threading.Thread(target=work) for _ in range(4)]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join()
    assert failures == []
    assert Seal.objects.count() == 3
    assert services.verify() == []


def test_the_command_asks_what_other_apps_registered(three_entries, capsys):
    def roots():
        yield "the root of round 1 is another"
        yield "the root of round 2 is another"

    services.register_verifier("another app", roots)
    try:
        services.register_verifier("another app", roots)
        with pytest.raises(ImproperlyConfigured, match="Two verifiers"):
            services.register_verifier("another app", list)
        with pytest.raises(CommandError, match="broken 2 times, first: another app: the root of"):
            call_command("verify_ledger")
    finally:
        services.unregister_verifier("another app")
    assert capsys.readouterr().err == "another app: the root of round 2 is another\n"
    call_command("verify_ledger")


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_the_log_is_verified_is_no_fault():
    def happens():
        with transaction.atomic():
            services.record("test.happened", None, now=NOW)

    def seen():
        return Entry.objects.count(), Seal.objects.count()

    with services.as_of_one_moment():
        before = seen()
        assert at_once(happens) == [None]
        assert seen() == before
    assert seen()[0] == before[0] + 1
    happens()
