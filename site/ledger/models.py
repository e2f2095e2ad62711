"""The audit log: what was done, by whom, and a chain of hashes that shows any later change."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from guards.registry import Guard, postgresql_trigger, refusal, sqlite_trigger
from ledger.rules import GENESIS, chained_hash


class Entry(models.Model):
    """One thing that was done. The row never changes; neither does what it says about its actor.

    Actor and subject are kept as text and number, so that erasing an account or an object leaves
    the log whole.
    """

    at = models.DateTimeField()
    action = models.CharField(max_length=100)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=300, blank=True)
    subject_type = models.CharField(max_length=100, blank=True)
    subject_id = models.CharField(max_length=100, blank=True)
    subject_label = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"], name="ledger_entry_subject"),
            models.Index(fields=["at"], name="ledger_entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"

    def sealed_content(self) -> dict[str, Any]:
        """What a seal vouches for: every column, the time in UTC to the microsecond."""
        return {
            "id": self.pk,
            "at": _in_utc(self.at),
            "action": self.action,
            "actor_id": self.actor_id,
            "actor_name": self.actor_name,
            "subject_type": self.subject_type,
            "subject_id": self.subject_id,
            "subject_label": self.subject_label,
            "data": self.data,
        }


class Seal(models.Model):
    """An entry's place in the chain. The sealer adds it after the entry's commit, in batches."""

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    sealed_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"

    def expected_hash(self, entry: Entry) -> str:
        """The hash that this seal must carry if `entry` and the seal are what was written."""
        return chained_hash(
            self.seq, self.previous_hash, _in_utc(self.sealed_at), entry.sealed_content()
        )


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


# A seal is the next one after the last, whoever writes it.
_BREAK = f"""
    NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_seal)
    OR NEW.previous_hash
       <> coalesce((SELECT hash FROM ledger_seal WHERE seq = NEW.seq - 1), '{GENESIS}')
"""  # noqa: S608 - our own constant
SEAL_CHAIN = Guard(
    "ledger_seal_chain",
    "ledger_seal",
    sqlite=(
        sqlite_trigger(
            "ledger_seal_chain",
            "ledger_seal",
            "BEFORE INSERT",
            f"SELECT RAISE(ABORT, 'ledger_seal_chain') WHERE {_BREAK};",
        ),
    ),
    postgresql=postgresql_trigger(
        "ledger_seal_chain",
        "ledger_seal",
        "BEFORE INSERT",
        f"IF {_BREAK} THEN {refusal('ledger_seal_chain')} END IF; RETURN NEW;",
    ),
)
