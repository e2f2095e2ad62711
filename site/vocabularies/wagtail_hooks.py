from wagtail.snippets.models import register_snippet

from vocabularies.viewsets import VocabularyGroup

register_snippet(VocabularyGroup)
