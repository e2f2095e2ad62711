from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationsConfig(AppConfig):
    name = "organisations"
    verbose_name = _("Organisations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate
        from wagtail.models import Task, Workflow

        from freshness.signals import bump_when_changed
        from organisations import services, steps
        from organisations.models import Organisation, OrganisationName, Succession

        steps.show_in_every_language(Workflow, Task)
        bump_when_changed(Organisation, OrganisationName, Succession)
        post_migrate.connect(
            services.ensure_workflow, sender=self, dispatch_uid="organisations.workflow"
        )
