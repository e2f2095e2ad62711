"""The languages of the portal, in the order in which they are offered."""

from django.utils.translation import gettext

SOURCE = "zh-hans"
LANGUAGES = (
    ("zh-hans", "中文"),
    ("en", "English"),
    ("ko", "한국어"),
    ("ja", "日本語"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("ru", "Русский"),
    ("ar", "العربية"),
)
CODES = tuple(code for code, _ in LANGUAGES)
FOREIGN = CODES[1:]


def suffixed(field: str, language: str) -> str:
    """Give the column of a translated field: ``headline`` in ``zh-hans`` is ``headline_zh_hans``.

    Always read and write the suffixed column: the bare name follows the active language.
    """
    return f"{field}_{language.replace('-', '_')}"


def translated(instance: object, field: str, language: str) -> str:
    """Give the text of ``field`` in ``language``, or in Chinese where it is blank."""
    return str(
        getattr(instance, suffixed(field, language))
        or getattr(instance, suffixed(field, SOURCE))
        or ""
    )


def labelled(label: str, language: str) -> str:
    """Give the label of a field's column: ``Title`` in English is ``Title (English)``.

    The Chinese column, where all begins, goes by the plain label.
    """
    if language == SOURCE:
        return label
    return gettext("%(field)s (%(language)s)") % {
        "field": label,
        "language": dict(LANGUAGES)[language],
    }


def language_tag(code: str) -> str:
    """Give the BCP 47 form of a language code: ``zh-hans`` is ``zh-Hans``, ``en`` stays ``en``."""
    head, _, script = code.partition("-")
    return f"{head}-{script.capitalize()}" if script else head
