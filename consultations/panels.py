"""The tabs in which editors see a consultation."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    Panel,
    TabbedInterface,
)

from consultations import rules
from multilingual.panels import translations


class SplitPanel(Panel):
    """Shows into which clauses the draft is split; correcting the lines corrects the split."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "consultations/admin/split.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {"clauses": rules.clauses(self.form["draft"].value() or "")}


class PeriodPanel(Panel):
    """Shows the earliest lawful close for what is typed, and what stands behind it."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "consultations/admin/period.html"


def tabs() -> TabbedInterface:
    return TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("headline_zh_hans", heading=_("Title")),
                    FieldPanel("abstract_zh_hans", heading=_("Abstract")),
                    MultiFieldPanel(
                        [FieldPanel("draft_file"), FieldPanel("draft"), SplitPanel()],
                        heading=_("Draft"),
                    ),
                    FieldPanel("explanation"),
                    FieldPanel("replaces"),
                ],
                heading=_("Draft"),
            ),
            ObjectList(
                [
                    MultiFieldPanel(
                        [
                            FieldPanel("procedure"),
                            FieldPanel("business_related"),
                            FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_on")]),
                            PeriodPanel(),
                        ],
                        heading=_("Period"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("shortening"), FieldPanel("shortening_reason")],
                        heading=_("Shorter than the law generally demands"),
                        classname="collapsed",
                        help_text=_(
                            "Only where the law says “generally”, never below five working days. "
                            "The legal reviewer approves it, and the notice shows it."
                        ),
                    ),
                ],
                heading=_("Period"),
            ),
            ObjectList(
                [
                    InlinePanel(
                        "authorities",
                        heading=_("Issuing authorities"),
                        label=_("Issuing authority"),
                        help_text=_("The first one leads a joint issue."),
                    ),
                    InlinePanel("cited_bases", heading=_("Legal bases"), label=_("Legal basis")),
                    InlinePanel(
                        "channels",
                        heading=_("Ways to comment"),
                        label=_("Channel"),
                        help_text=_("There is always the web form besides."),
                    ),
                    MultiFieldPanel(
                        [
                            FieldRowPanel(
                                [FieldPanel("contact_person"), FieldPanel("contact_phone")]
                            ),
                            FieldRowPanel([FieldPanel("signer"), FieldPanel("signed_on")]),
                            FieldPanel("subject"),
                        ],
                        heading=_("Notice"),
                    ),
                ],
                heading=_("Notice"),
            ),
            translations(),
            ObjectList(
                [
                    HelpPanel(
                        _(
                            "A draft is announced by its review: draft, legal review and "
                            "publication by three different people. From then on its period only "
                            "gets longer."
                        )
                    ),
                    FieldPanel("change"),
                    FieldPanel("change_reason"),
                ],
                heading=_("Changes after the announcement"),
            ),
        ]
    )


def install() -> None:
    """Give the page its tabs and its form; the model knows nothing of the admin."""
    from consultations.admin_forms import ConsultationForm
    from consultations.models import ConsultationPage

    model: Any = ConsultationPage
    model.edit_handler = tabs()
    model.base_form_class = ConsultationForm
