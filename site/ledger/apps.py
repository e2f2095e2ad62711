from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"
    label = "ledger"

    def ready(self) -> None:
        from guards.registry import immutable, register
        from ledger.models import SEAL_CHAIN, Entry, Seal

        register(immutable(Entry))
        register(immutable(Seal))
        register(SEAL_CHAIN)
