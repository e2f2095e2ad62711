import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from guards.registry import (
    Guard,
    immutable,
    postgresql_trigger,
    register,
    registered,
    sqlite_trigger,
    unregister,
)
from ledger.models import Entry, Seal


@pytest.fixture
def cleanup():
    before = {guard.name for guard in registered()}
    yield
    for guard in registered():
        if guard.name not in before:
            unregister(guard.name)


def a_guard(name="tree_rule", trigger="tree_rule", body="SELECT 1;"):
    return Guard(
        name,
        "tree",
        (sqlite_trigger(trigger, "tree", "BEFORE INSERT", body),),
        postgresql_trigger(trigger, "tree", "BEFORE INSERT", "RETURN NEW;"),
    )


def test_a_guard_may_be_registered_twice(cleanup):
    register(a_guard())
    register(a_guard())
    assert [guard.name for guard in registered()].count("tree_rule") == 1


@pytest.mark.parametrize(
    "other", [a_guard(body="SELECT 2;"), a_guard(name="bush_rule")], ids=["name", "trigger"]
)
def test_two_guards_never_share_a_name(cleanup, other):
    register(a_guard())
    with pytest.raises(ImproperlyConfigured, match="share a name"):
        register(other)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER tree_rule BEFORE INSERT ON tree BEGIN SELECT 1; END",
        "DROP TABLE tree",
        f"CREATE TRIGGER guard_{'a' * 60} BEFORE INSERT ON tree BEGIN SELECT 1; END",
    ],
    ids=["no prefix", "another statement", "a name that PostgreSQL would cut"],
)
def test_a_statement_that_is_no_guard_is_refused(statement):
    with pytest.raises(ImproperlyConfigured, match="begins with CREATE TRIGGER"):
        Guard("tree_rule", "tree", (statement,), ())


def test_a_guard_is_named_in_small_letters():
    with pytest.raises(ImproperlyConfigured):
        Guard("Tree's rule", "tree", (), ())


def test_the_unique_keys_of_a_model_are_found():
    [_update, _delete, insert] = immutable(Seal).sqlite
    for key in ('"seq" = NEW."seq"', '"entry_id" = NEW."entry_id"', '"hash" = NEW."hash"'):
        assert key in insert


def test_the_hidden_key_of_sqlite_is_one_more():
    [update, _delete, insert] = immutable(Seal, allow_update_of=["sealed_at"]).sqlite
    assert "OLD.rowid <> NEW.rowid" in update
    assert "OR rowid = NEW.rowid" in insert


def test_columns_of_several_fields_and_given_keys_are_compared_together():
    [_update, _delete, insert] = immutable(
        "period", unique_keys=[("consultation_id", "seq")]
    ).sqlite
    assert '("consultation_id" = NEW."consultation_id" AND "seq" = NEW."seq")' in insert


@pytest.mark.parametrize(
    "arguments",
    [
        {"allow_update_of": ["nothing"]},
        {"unique_keys": [("nothing",)]},
        {"allow_update_of": ["action"], "unique_keys": [("action",)]},
    ],
)
def test_columns_that_cannot_be_meant_are_refused(arguments):
    with pytest.raises(ImproperlyConfigured):
        immutable(Entry, **arguments)


def test_updates_of_a_bare_table_cannot_be_allowed():
    with pytest.raises(ImproperlyConfigured, match="needs the model"):
        immutable("period", allow_update_of=["note"])


def test_a_conditional_unique_constraint_must_be_guarded_by_hand():
    class Meta:
        app_label = "guards"
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="open"), name="one_open"
            )
        ]

    members = {"__module__": __name__, "Meta": Meta, "kind": models.CharField(max_length=9)}
    gate = type("Gate", (models.Model,), members)
    try:
        with pytest.raises(ImproperlyConfigured, match="one_open is conditional"):
            immutable(gate)
    finally:
        from django.apps import apps

        del apps.all_models["guards"]["gate"]
        apps.clear_cache()
