"""A field that stands in nine columns names the language of each, in that language."""

import pytest
from django.utils.translation import override

from organisations.models import OrganisationName


@pytest.mark.parametrize(
    ("reader", "column", "label"),
    [
        ("zh-hans", "name_zh_hans", "名称"),
        ("zh-hans", "name_en", "名称（English）"),
        ("zh-hans", "name_ja", "名称（日本語）"),
        ("en", "name_zh_hans", "name"),
        ("en", "name_de", "name (Deutsch)"),
        ("en", "name_ar", "name (العربية)"),
    ],
)
def test_a_label_names_the_language_of_its_column(reader, column, label):
    with override(reader):
        assert str(OrganisationName._meta.get_field(column).verbose_name) == label
