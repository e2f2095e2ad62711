"""The tabs in which editors see a document."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)

from multilingual.panels import translations


def policy_tabs() -> TabbedInterface:
    return TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("headline_zh_hans", heading=_("Title")),
                    FieldPanel("abstract_zh_hans", heading=_("Abstract")),
                    FieldPanel("adoption_note"),
                    FieldPanel("body"),
                    InlinePanel("attachments", heading=_("Attachments"), label=_("Attachment")),
                ],
                heading=_("Text"),
            ),
            ObjectList(
                [
                    MultiFieldPanel(
                        [
                            FieldPanel("kind"),
                            FieldPanel("disclosure"),
                            FieldPanel("business_related"),
                        ],
                        heading=_("Document"),
                    ),
                    InlinePanel(
                        "numbers", heading=_("Document numbers"), label=_("Document number")
                    ),
                    InlinePanel(
                        "issuers",
                        heading=_("Issuing authorities"),
                        label=_("Issuing authority"),
                        help_text=_("The first one leads a joint issue."),
                    ),
                    MultiFieldPanel(
                        [
                            FieldRowPanel([FieldPanel("adopted_on"), FieldPanel("issued_on")]),
                            FieldRowPanel([FieldPanel("effective_on"), FieldPanel("expires_on")]),
                            FieldPanel("consolidated_as_of"),
                        ],
                        heading=_("Dates"),
                    ),
                    MultiFieldPanel(
                        [
                            FieldPanel("subject"),
                            FieldPanel("territory"),
                            FieldPanel("audiences"),
                        ],
                        heading=_("Filed under"),
                    ),
                    InlinePanel(
                        "popular_names", heading=_("Popular names"), label=_("Popular name")
                    ),
                ],
                heading=_("Facts"),
            ),
            ObjectList(
                [
                    InlinePanel(
                        "proposed_effects",
                        heading=_("Effects on other documents"),
                        label=_("Effect"),
                        help_text=_("They count from the release of this document on."),
                    ),
                    InlinePanel("relations", heading=_("Relations"), label=_("Relation")),
                ],
                heading=_("Effects and relations"),
            ),
            translations(),
            ObjectList(
                [
                    HelpPanel(
                        _(
                            "A document goes public by its review: draft, legal review and "
                            "publication by three different people. Interpretations below it "
                            "are released with it."
                        )
                    ),
                    FieldPanel(
                        "go_live_at",
                        heading=_("Release at"),
                        help_text=_("Empty: as soon as it is passed. Beijing time."),
                    ),
                    MultiFieldPanel(
                        [
                            FieldPanel("consultation"),
                            FieldPanel("exemption"),
                        ],
                        heading=_("Consulting the public"),
                    ),
                    MultiFieldPanel(
                        [FieldPanel("early_effect"), FieldPanel("early_effect_reason")],
                        heading=_("Effect within 30 days"),
                    ),
                    MultiFieldPanel(
                        [
                            FieldPanel("no_interpretation_reason"),
                            FieldPanel("interpretation_due_on"),
                        ],
                        heading=_("Without an interpretation"),
                    ),
                    FieldPanel("correction_reason"),
                ],
                heading=_("Release"),
            ),
        ]
    )


def interpretation_tabs() -> TabbedInterface:
    return TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("headline_zh_hans", heading=_("Title")),
                    FieldPanel("abstract_zh_hans", heading=_("Abstract")),
                    FieldPanel("kind"),
                    FieldRowPanel([FieldPanel("speaker"), FieldPanel("signed_on")]),
                    FieldPanel("body"),
                ],
                heading=_("Text"),
            ),
            translations(),
            ObjectList([FieldPanel("correction_reason")], heading=_("Corrections")),
        ]
    )


def install() -> None:
    """Give the documents their tabs and their form; the models know nothing of the admin."""
    from policies.admin_forms import DocumentForm
    from policies.models import InterpretationPage, PolicyPage

    for model, tabs in ((PolicyPage, policy_tabs()), (InterpretationPage, interpretation_tabs())):
        model.edit_handler = tabs
        model.base_form_class = DocumentForm
