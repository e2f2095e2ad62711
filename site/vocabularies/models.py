"""The controlled vocabularies that documents and consultations are filed and found by."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from multilingual.languages import translated


class Term(models.Model):
    key = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    sort_order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["sort_order", "key"]

    def __str__(self) -> str:
        return self.label("zh-hans")

    def label(self, language: str) -> str:
        return translated(self, "name", language)


class Subject(Term):  # type: ignore[django-manager-missing]
    objects: ClassVar[models.Manager[Subject]] = models.Manager()

    class Meta(Term.Meta):
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")


class Audience(Term):
    objects: ClassVar[models.Manager[Audience]] = models.Manager()

    class Meta(Term.Meta):
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")


class Territory(Term):  # type: ignore[django-manager-missing]
    objects: ClassVar[models.Manager[Territory]] = models.Manager()

    class Meta(Term.Meta):
        verbose_name = _("territory")
        verbose_name_plural = _("territories")
