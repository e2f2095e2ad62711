from modeltranslation.translator import TranslationOptions, register

from organisations.models import OrganisationName


@register(OrganisationName)
class OrganisationNameTranslation(TranslationOptions):
    fields = ("name", "short_name")
    required_languages = ("zh-hans",)
