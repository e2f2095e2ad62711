"""How allauth's form fields get the look of the site."""

from django import template
from django.forms import BoundField, CheckboxInput
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget with the class of the style sheet."""
    check = isinstance(field.field.widget, CheckboxInput)
    return field.as_widget(attrs={"class": "form-check-input" if check else "form-control"})
