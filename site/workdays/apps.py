from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkdaysConfig(AppConfig):
    name = "workdays"
    label = "workdays"
    verbose_name = _("Working days")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from guards.registry import immutable, register
        from ledger.services import register_verifier
        from workdays import services
        from workdays.guards import COUNTING_DAY, DAY_FITS_ITS_WEEK
        from workdays.models import CalendarDay, DayCorrection, Notice
        from workdays.verifying import problems

        for model in (Notice, CalendarDay, DayCorrection):
            register(immutable(model))
        register(COUNTING_DAY)
        register(DAY_FITS_ITS_WEEK)
        register_verifier("workdays", problems)
        post_migrate.connect(services.seed, sender=self, dispatch_uid="workdays.seed")
