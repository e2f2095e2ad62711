from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsultationsConfig(AppConfig):
    name = "consultations"
    verbose_name = _("Consultations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from consultations import guards, panels, search
        from consultations.models import ConsultationPage, LegalBasis
        from consultations.services import ensure_bases, hear_of_calendar, problems
        from freshness.signals import bump_when_changed
        from ledger.services import register_verifier
        from organisations import access
        from workdays.services import on_change

        guards.register_all()
        panels.install()
        search.register()
        on_change(hear_of_calendar)
        register_verifier("consultations", problems)
        access.register_public(ConsultationPage.objects.public)
        bump_when_changed(LegalBasis)
        post_migrate.connect(ensure_bases, sender=self, dispatch_uid="consultations.bases")
