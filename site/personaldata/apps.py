from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PersonalDataConfig(AppConfig):
    name = "personaldata"
    label = "personaldata"
    verbose_name = _("Contact data")

    def ready(self) -> None:
        from guards.registry import register
        from personaldata import mail  # noqa: F401 - importing it registers its handler
        from personaldata.models import RETENTION

        register(RETENTION)
