from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "outbox"
    label = "outbox"

    def ready(self) -> None:
        from outbox import mail  # noqa: F401 - importing it registers its handler
