from modeltranslation.translator import TranslationOptions, register

from portal.models import TRANSLATED_FIELDS, PortalSettings


@register(PortalSettings)
class PortalSettingsTranslation(TranslationOptions):
    fields = TRANSLATED_FIELDS
