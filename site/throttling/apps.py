from django.apps import AppConfig


class ThrottlingConfig(AppConfig):
    name = "throttling"
    label = "throttling"
