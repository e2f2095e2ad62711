from modeltranslation.translator import TranslationOptions, register

from vocabularies.models import Audience, Subject, Territory


@register([Subject, Audience, Territory])
class TermTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("zh-hans",)
