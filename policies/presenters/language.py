from multilingual.languages import SOURCE


def language_tag(code: str) -> str:
    """The BCP 47 form of a language code: ``zh-hans`` gives ``zh-Hans``."""
    return "zh-Hans" if code == SOURCE else code
