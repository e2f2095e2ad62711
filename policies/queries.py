"""Validity in the database: the same meaning as ``rules.validity``, for querysets."""

from __future__ import annotations

import datetime

from django.db.models import (
    Case,
    CharField,
    DateField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import LessThan

from policies.enums import ENDING, EffectKind, ImportedStatus, Validity
from policies.models.release import Effect


def _acting(on: datetime.date, *kinds: EffectKind) -> QuerySet[Effect]:
    return Effect.objects.filter(
        target=OuterRef("pk"), kind__in=kinds, effective_on__lte=on, reversal__isnull=True
    )


def validity_expression(on: datetime.date) -> Case:
    """Give an expression over ``PolicyPage`` for the validity on the Shanghai day ``on``.

    The branches stand in the order of ``rules.validity``; a property test holds them together.
    """
    extension = Subquery(
        _acting(on, EffectKind.EXTENDS)
        .order_by()
        .values("target")
        .annotate(end=Max("until_on"))
        .values("end"),
        output_field=DateField(),
    )
    end = Coalesce(Greatest(F("expires_on"), extension), F("expires_on"), extension)
    suspended = _acting(on, EffectKind.SUSPENDS).filter(
        Q(until_on__isnull=True) | Q(until_on__gte=on)
    )
    by_dates = Q(import_record__isnull=True) | Q(import_record__status=ImportedStatus.DATED)
    unknown = Q(import_record__status=ImportedStatus.UNKNOWN) | by_dates & Q(
        effective_on__isnull=True
    )
    return Case(
        When(Exists(_acting(on, *ENDING)), then=Value(Validity.REPEALED)),
        When(import_record__status=ImportedStatus.EXPIRED, then=Value(Validity.EXPIRED)),
        When(effective_on__gt=on, then=Value(Validity.NOT_YET)),
        When(LessThan(end, Value(on, output_field=DateField())), then=Value(Validity.EXPIRED)),
        When(Exists(suspended), then=Value(Validity.SUSPENDED)),
        When(Exists(_acting(on, EffectKind.PARTLY_REPEALS)), then=Value(Validity.PARTLY)),
        When(unknown, then=Value(Validity.UNVERIFIED)),
        default=Value(Validity.IN_FORCE),
        output_field=CharField(),
    )
