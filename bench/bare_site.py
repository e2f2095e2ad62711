"""A new Django project with one form, which checks CSRF and does one INSERT.

    gunicorn bench.bare_site:application

`MIDDLEWARE` is `startproject`, or `csrf` for the least that checks a token.
"""

from __future__ import annotations

import os
from typing import ClassVar

import environ
from django.conf import settings

STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

settings.configure(
    SECRET_KEY="of no use to anybody, since nobody can log in here",
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": environ.Env().db_url("DATABASE_URL") | {"CONN_MAX_AGE": 60}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=STARTPROJECT
    if os.environ.get("MIDDLEWARE") == "startproject"
    else ["django.middleware.csrf.CsrfViewMiddleware"],
    ROOT_URLCONF=__name__,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
)

from django.core.wsgi import get_wsgi_application  # noqa: E402 - needs the settings

application = get_wsgi_application()

from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import engines  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402


class Line(models.Model):
    text = models.TextField()
    received_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Line]] = models.Manager()

    class Meta:
        app_label = "bare"
        db_table = "bare_line"

    def __str__(self) -> str:
        return self.text


if Line._meta.db_table not in connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(Line)
connection.close()

FORM = engines["django"].from_string("<form method=post>{% csrf_token %}<textarea name=text>")


def form(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        Line.objects.create(text=request.POST["text"], received_at=timezone.now())
        return HttpResponse(status=303, headers={"Location": "/"})
    return HttpResponse(FORM.render({}, request))


urlpatterns = [path("", form)]
