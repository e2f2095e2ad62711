"""Settings that the people who run the portal fill in: its name, host, filings and contacts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models, transaction
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting

from freshness import services as freshness
from multilingual.languages import LANGUAGES, suffixed

TRANSLATED_FIELDS = ("site_name", "short_name", "host", "operator", "address", "phone_hours")


def _language_panel(code: str, name: str) -> MultiFieldPanel:
    return MultiFieldPanel(
        [FieldPanel(suffixed(field, code)) for field in TRANSLATED_FIELDS], heading=name
    )


@register_setting(icon="site")
class PortalSettings(BaseGenericSetting):
    """One row: what the header and the footer of every public page say about the portal."""

    site_name = models.CharField(_("Site name"), max_length=120, blank=True)
    short_name = models.CharField(
        _("Short name"),
        max_length=40,
        blank=True,
        help_text=_("Ends the title of every page in browser tabs and search results."),
    )
    host = models.CharField(_("Host"), max_length=120, blank=True)
    operator = models.CharField(_("Operator"), max_length=120, blank=True)
    address = models.CharField(_("Address"), max_length=200, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    phone_hours = models.CharField(
        _("Phone hours"),
        max_length=120,
        blank=True,
        help_text=_("When somebody answers the phone, and in which languages."),
    )
    email = models.EmailField(_("E-mail"), blank=True)
    site_code = models.CharField(_("Site identification code"), max_length=40, blank=True)
    icp_number = models.CharField(_("ICP filing"), max_length=60, blank=True)
    police_number = models.CharField(_("Public security filing"), max_length=60, blank=True)
    search_examples = models.TextField(
        _("Search examples"),
        blank=True,
        help_text=_("Shown under the search box of the home page, one a line."),
    )

    edit_handler: ClassVar[TabbedInterface] = TabbedInterface(
        [
            ObjectList(
                [
                    _language_panel(*LANGUAGES[0]),
                    MultiFieldPanel(
                        [FieldPanel("phone"), FieldPanel("email")], heading=_("Contact")
                    ),
                    MultiFieldPanel(
                        [
                            FieldPanel("site_code"),
                            FieldPanel("icp_number"),
                            FieldPanel("police_number"),
                        ],
                        heading=_("Filings"),
                    ),
                    FieldPanel("search_examples"),
                ],
                heading=_("Site"),
            ),
            ObjectList(
                [_language_panel(*language) for language in LANGUAGES[1:]],
                heading=_("Other languages"),
            ),
        ]
    )

    class Meta:
        verbose_name = _("Portal settings")

    def __str__(self) -> str:
        return str(self.site_name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and make every cached page stale: each of them carries the footer."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            freshness.bump()

    @cached_property
    def pieces(self) -> dict[tuple[str, str, str], SafeString]:
        """Parts of the page frame that were rendered with these settings."""
        return {}

    def examples(self) -> list[str]:
        """The search examples as a list, blank lines left out."""
        return [line.strip() for line in self.search_examples.splitlines() if line.strip()]

    def police_digits(self) -> str:
        """The digits of the public security filing, which its register is asked with."""
        return "".join(character for character in self.police_number if character.isdigit())
