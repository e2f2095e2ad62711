from modeltranslation.translator import TranslationOptions, register

from policies.models import InterpretationPage, PolicyPage


@register([PolicyPage, InterpretationPage])
class DocumentTranslation(TranslationOptions):
    fields = ("headline", "abstract", "translation_ready")
    required_languages = {"zh-hans": ("headline",)}
