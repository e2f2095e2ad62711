"""Contact data, apart from what people wrote and encrypted, until it is erased."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models

from guards.registry import Guard, postgresql_trigger, refusal, sqlite_trigger


class ContactQuerySet(models.QuerySet["ContactRecord"]):
    def kept(self) -> Self:
        return self.filter(erased_at=None)

    def due(self, now: datetime) -> Self:
        """What has to be erased at `now`."""
        return self.kept().filter(erase_by__lte=now)


class ContactRecord(models.Model):
    """Name, e-mail and phone of one person, for one purpose. No column holds them readable.

    The row outlives what it held, to show that and when it was erased.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payload = models.BinaryField()
    created_at = models.DateTimeField()
    erase_by = models.DateTimeField(db_index=True)
    erased_at = models.DateTimeField(null=True)

    objects = ContactQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)


# What is kept is neither altered nor kept longer than was said; what is erased stays erased.
_CHANGED = (
    "OLD.id <> NEW.id OR OLD.created_at <> NEW.created_at OR NEW.erase_by > OLD.erase_by "
    "OR OLD.erased_at IS NOT NULL "
    "OR (OLD.payload <> NEW.payload AND NEW.erased_at IS NULL) "
    "OR (NEW.erased_at IS NOT NULL AND length(NEW.payload) > 0)"
)
_BORN_WRONG = "NEW.erased_at IS NOT NULL OR length(NEW.payload) = 0"
_NAME = "personaldata_retention"
_TABLE = "personaldata_contactrecord"
_REFUSE = f"SELECT RAISE(ABORT, '{_NAME}');"
RETENTION = Guard(
    _NAME,
    _TABLE,
    sqlite=(
        sqlite_trigger(
            f"{_NAME}_update",
            _TABLE,
            "BEFORE UPDATE",
            _REFUSE,
            when=f"{_CHANGED} OR OLD.rowid <> NEW.rowid",
        ),
        sqlite_trigger(f"{_NAME}_delete", _TABLE, "BEFORE DELETE", _REFUSE),
        sqlite_trigger(
            f"{_NAME}_insert",
            _TABLE,
            "BEFORE INSERT",
            _REFUSE,
            # INSERT OR REPLACE removes the old row past the delete trigger, by its hidden key too.
            when=f"{_BORN_WRONG} OR EXISTS "  # noqa: S608 - our own names
            f"(SELECT 1 FROM {_TABLE} WHERE id = NEW.id OR rowid = NEW.rowid)",
        ),
    ),
    postgresql=(
        *postgresql_trigger(
            _NAME,
            _TABLE,
            "BEFORE INSERT OR UPDATE OR DELETE",
            f"IF TG_OP = 'DELETE' THEN {refusal(_NAME)} "
            f"ELSIF TG_OP = 'INSERT' THEN IF {_BORN_WRONG} THEN {refusal(_NAME)} END IF; "
            f"ELSIF {_CHANGED} THEN {refusal(_NAME)} END IF; RETURN NEW;",
        ),
        *postgresql_trigger(
            f"{_NAME}_truncate", _TABLE, "BEFORE TRUNCATE", refusal(_NAME), each="STATEMENT"
        ),
    ),
)
