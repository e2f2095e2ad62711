from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = _("Policies")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import pre_delete, pre_save
        from wagtail.documents import get_document_model
        from wagtail.images import get_image_model

        from consultations import outcome as outcomes
        from consultations import replaced
        from freshness.signals import bump_when_changed
        from organisations import access
        from policies import guards, outcome, panels, reading, search
        from policies.models import InterpretationPage, PolicyPage

        guards.register_all()
        search.register_all()
        panels.install()
        outcomes.register(outcome.policy_of)
        replaced.register(reading.for_comparison)
        access.register_public(PolicyPage.objects.public)
        access.register_public(InterpretationPage.objects.public)
        access.register_public_files(reading.is_in_older_text)
        files = (get_image_model(), get_document_model())
        bump_when_changed(*files)
        for model in files:
            pre_save.connect(_keep_released_file, sender=model)
            pre_delete.connect(_keep_released_file_there, sender=model)


def _keep_released_file(instance: Any, update_fields: Any, **_signal: Any) -> None:
    from policies import services

    services.refuse_saving_changed_file(instance, update_fields=update_fields)


def _keep_released_file_there(instance: Any, **_signal: Any) -> None:
    from policies import services

    services.refuse_changing_released_file(instance)
