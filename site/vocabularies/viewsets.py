"""The vocabularies in the admin: one menu, a list for each."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from multilingual.languages import LANGUAGES, suffixed
from vocabularies.models import Audience, Subject, Territory


class _TermViewSet(SnippetViewSet):
    list_display = ["__str__", "key", "sort_order"]
    search_fields = ["key", "name_zh_hans"]
    panels = [
        FieldRowPanel([FieldPanel("key"), FieldPanel("sort_order")]),
        MultiFieldPanel(
            [FieldPanel(suffixed("name", code), heading=name) for code, name in LANGUAGES],
            heading=_("Name"),
        ),
    ]


class SubjectViewSet(_TermViewSet):
    model = Subject
    icon = "tag"


class AudienceViewSet(_TermViewSet):
    model = Audience
    icon = "group"


class TerritoryViewSet(_TermViewSet):
    model = Territory
    icon = "site"


class VocabularyGroup(SnippetViewSetGroup):
    menu_label = _("Vocabularies")
    menu_icon = "tag"
    menu_order = 310
    items = (SubjectViewSet, AudienceViewSet, TerritoryViewSet)
