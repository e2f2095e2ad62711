"""Against the ledger's tables, which are small and immutable."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import isolate_apps

from guards import checks, services
from guards.registry import (
    Guard,
    immutable,
    register,
    registered,
    sqlite_trigger,
    unregister,
    view,
)
from ledger.models import Entry

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
GUARD = "ledger_entry_immutable"


def run(sql, params=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.fixture
def entry():
    return Entry.objects.create(at=NOW, action="policy.released")


def refused(call):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        call()
    return services.violation(caught.value)


def test_all_guards_stand_after_migrate():
    assert registered()
    assert services.missing(connection) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda e: Entry.objects.filter(pk=e.pk).update(action="policy.withdrawn"),
        lambda e: e.save(),
        lambda e: Entry.objects.bulk_update([e], ["action"]),
        lambda e: Entry.objects.filter(pk=e.pk).delete(),
        lambda e: Entry.objects.filter(pk=e.pk)._raw_delete("default"),
        lambda e: run("UPDATE ledger_entry SET action = action"),
        lambda e: run("DELETE FROM ledger_entry"),
        lambda e: run(
            "TRUNCATE ledger_entry CASCADE"
            if connection.vendor == "postgresql"
            else "REPLACE INTO ledger_entry SELECT * FROM ledger_entry"
        ),
    ],
    ids=["update", "save", "bulk_update", "delete", "raw delete", "UPDATE", "DELETE", "past them"],
)
def test_an_immutable_row_stays_as_it_is_whoever_asks(entry, change):
    assert refused(lambda: change(entry)).startswith(("ledger_entry", "ledger_seal"))
    assert Entry.objects.get() == entry


def test_the_message_is_the_name_of_the_guard(entry):
    assert refused(entry.delete) == GUARD


def test_a_column_that_may_change_changes_alone(entry):
    unregister(GUARD)
    register(immutable(Entry, allow_update_of=["subject_label", "actor_id"]))
    try:
        services.install(connection)
        Entry.objects.update(subject_label="new", actor_id=7)
        assert refused(lambda: Entry.objects.update(subject_label="x", action="a.b")) == GUARD
        assert refused(lambda: Entry.objects.update(data={"x": 1})) == GUARD
        assert refused(entry.delete) == GUARD
    finally:
        unregister(GUARD)
        register(immutable(Entry))


def alter():
    """As if someone had loosened the guard by hand."""
    if connection.vendor == "sqlite":
        run(f"DROP TRIGGER guard_{GUARD}_delete")
        run(
            f"CREATE TRIGGER guard_{GUARD}_delete BEFORE DELETE ON ledger_entry BEGIN SELECT 1; END"
        )
    else:
        run(
            f"CREATE OR REPLACE FUNCTION guard_{GUARD}() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NEW; END'"
        )


def drop():
    table = " ON ledger_entry" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER guard_{GUARD}{'' if table else '_delete'}{table}")


def disable():
    if connection.vendor == "postgresql":
        run(f"ALTER TABLE ledger_entry DISABLE TRIGGER guard_{GUARD}")
    else:
        drop()


@pytest.mark.parametrize("harm", [alter, drop, disable])
def test_a_harmed_guard_is_named_and_repaired(entry, harm):
    harm()
    assert services.missing(connection) == [GUARD]
    assert services.install(connection) == [GUARD]
    assert services.missing(connection) == []
    assert refused(entry.delete) == GUARD


def test_installing_again_changes_nothing():
    assert services.install(connection) == []


def test_a_guard_that_is_no_longer_registered_goes():
    guard = Guard(
        "entry_rule",
        "ledger_entry",
        (sqlite_trigger("entry_rule", "ledger_entry", "BEFORE DELETE", "SELECT 1;"),),
        immutable("ledger_entry", name="entry_rule").postgresql,
    )
    register(guard)
    assert services.install(connection) == ["entry_rule"]
    unregister("entry_rule")
    assert services.install(connection) == []
    with connection.cursor() as cursor:
        names = [row[1] for row in services._present(cursor, connection.vendor)]
    assert not [name for name in names if "entry_rule" in name]


@pytest.fixture
def early_guard():
    yield register(immutable("not_there_yet"))
    unregister("not_there_yet_immutable")


def test_a_guard_waits_for_its_table(early_guard):
    assert services.install(connection) == []
    assert services.missing(connection) == [early_guard.name]
    assert checks.guards_are_in_place(databases=["default"]) == []


def test_removing_and_migrating_puts_them_back():
    services.remove(connection)
    assert services.missing(connection) == [guard.name for guard in registered()]
    call_command("migrate", verbosity=0)
    assert services.missing(connection) == []


def test_the_checks_name_what_is_missing():
    assert checks.guards_are_in_place(databases=["default"]) == []
    assert checks.production_has_its_guards() == []
    services.remove(connection)
    [warning] = checks.guards_are_in_place(databases=["default"])
    [error] = checks.production_has_its_guards()
    assert (warning.id, error.id) == ("guards.W001", "guards.E001")
    assert GUARD in warning.msg
    assert GUARD in error.msg


def test_guards_step_aside_only_where_a_migration_would_meet_them():
    services.step_aside(using="default", plan=[])
    assert services.missing(connection) == []
    services.step_aside(using="default", plan=["a migration"])
    assert bool(services.missing(connection)) == (connection.vendor == "sqlite")


@pytest.mark.django_db(transaction=True)
def test_a_table_that_a_trigger_reads_can_still_be_altered():
    """Django rebuilds and renames a table on SQLite; a trigger that reads it would forbid that."""
    with isolate_apps("guards"):

        class Leaf(models.Model):  # noqa: DJ008 - nobody prints it
            colour = models.CharField(max_length=9)

            class Meta:
                app_label = "guards"

        longer = models.CharField(max_length=99)
        longer.set_attributes_from_name("colour")
        longer.model = Leaf
    body = "SELECT RAISE(ABORT, 'x') WHERE EXISTS (SELECT 1 FROM guards_leaf WHERE colour = 'x');"
    register(
        Guard(
            "leaf_rule",
            "ledger_entry",
            (sqlite_trigger("leaf_rule", "ledger_entry", "BEFORE INSERT", body),),
            immutable("ledger_entry", name="leaf_rule").postgresql,
        )
    )
    try:
        with connection.schema_editor() as editor:
            editor.create_model(Leaf)
        services.install(connection)
        services.step_aside(using="default", plan=["a migration"])
        with connection.schema_editor() as editor:
            editor.alter_field(Leaf, Leaf._meta.get_field("colour"), longer)
        with connection.schema_editor() as editor:
            editor.delete_model(Leaf)
    finally:
        unregister("leaf_rule")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("visit", [1, 2])
def test_what_a_test_commits_goes_with_it_although_a_guard_holds_it(visit):
    assert Entry.objects.count() == 0
    assert services.missing(connection) == []
    entry = Entry.objects.create(at=NOW, action="policy.released")
    assert refused(entry.delete) == GUARD


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction_to_end_with():
    with pytest.raises(TransactionManagementError):
        services.lock("ledger.seal")
    with transaction.atomic():
        services.lock("policy", 7)


def site_now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT now FROM site_now")
        [moment] = cursor.fetchone()
    if isinstance(moment, str):
        return datetime.strptime(moment, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return moment


def test_the_database_has_a_clock():
    assert abs((site_now() - datetime.now(UTC)).total_seconds()) < 60


def test_the_clock_stands_where_it_is_put_and_is_named_meanwhile():
    with services.clock_stands_at(NOW):
        assert site_now() == NOW
        assert services.missing(connection) == ["site_now"]
        with services.clock_stands_at(datetime(2020, 1, 1, tzinfo=UTC)):
            assert site_now().year == 2020
        assert site_now() == NOW
    assert services.missing(connection) == []
    assert site_now().year != 2020


def test_a_clock_that_was_left_standing_is_repaired():
    services._set_clock(connection, "SELECT CURRENT_TIMESTAMP")
    assert services.missing(connection) == ["site_now"]
    assert services.install(connection) == ["site_now"]
    assert services.missing(connection) == []


def test_the_clock_goes_back_with_a_transaction_that_fails():
    def stop():
        with transaction.atomic(), services.clock_stands_at(NOW):
            Entry.objects.create(pk=1, at=NOW, action="a.b")
            Entry.objects.create(pk=1, at=NOW, action="a.b")

    with pytest.raises(IntegrityError):
        stop()
    assert services.missing(connection) == []


def test_a_view_that_is_no_longer_registered_goes():
    register(
        view("old_view", "one", table="ledger_entry", sqlite="SELECT 1", postgresql="SELECT 1")
    )
    assert services.install(connection) == ["old_view"]
    unregister("old_view")
    services.install(connection)
    with connection.cursor() as cursor:
        assert "old_view" not in [row[1] for row in services._present(cursor, connection.vendor)]
