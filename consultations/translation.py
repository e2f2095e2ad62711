from modeltranslation.translator import TranslationOptions, register

from consultations.models import ConsultationPage


@register(ConsultationPage)
class ConsultationTranslation(TranslationOptions):
    fields = ("headline", "abstract", "translation_ready")
    required_languages = {"zh-hans": ("headline",)}
