from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class GuardsConfig(AppConfig):
    name = "guards"
    label = "guards"

    def ready(self) -> None:
        from guards import checks, services  # noqa: F401 - importing the checks registers them
        from guards.registry import CLOCK, register

        register(CLOCK)

        pre_migrate.connect(services.step_aside, sender=self, dispatch_uid="guards.step_aside")
        post_migrate.connect(services.put_in_place, sender=self, dispatch_uid="guards.in_place")
