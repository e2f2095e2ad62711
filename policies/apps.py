from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = _("Policies")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from wagtail.documents import get_document_model
        from wagtail.images import get_image_model

        from freshness.signals import bump_when_changed
        from organisations import access
        from policies import guards, panels, search
        from policies.models import Audience, InterpretationPage, PolicyPage, Subject, Territory

        guards.register_all()
        search.register_all()
        panels.install()
        access.register_public(PolicyPage.objects.public)
        access.register_public(InterpretationPage.objects.public)
        bump_when_changed(Subject, Audience, Territory, get_image_model(), get_document_model())
