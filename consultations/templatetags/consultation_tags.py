from django import template

from consultations.presenters import words

register = template.Library()

register.simple_tag(words.status_badge)
register.simple_tag(words.historic_badge)
register.filter(words.opening)
register.filter(words.closing)
register.filter(words.exact)
register.filter(words.day_tag)
register.filter(words.day_of)
register.filter(words.last_day_of)
