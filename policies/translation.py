from modeltranslation.translator import TranslationOptions, register

from policies.models import Audience, InterpretationPage, PolicyPage, Subject, Territory


@register([Subject, Audience, Territory])
class TermTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("zh-hans",)


@register([PolicyPage, InterpretationPage])
class DocumentTranslation(TranslationOptions):
    fields = ("headline", "abstract", "translation_ready")
    required_languages = {"zh-hans": ("headline",)}
