from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VocabulariesConfig(AppConfig):
    name = "vocabularies"
    verbose_name = _("Vocabularies")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from freshness.signals import bump_when_changed
        from vocabularies.models import Audience, Subject, Territory

        bump_when_changed(Subject, Audience, Territory)
