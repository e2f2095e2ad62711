"""The minimums a new site begins with, and the register of exemptions."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from consultations.enums import Procedure
from consultations.models import Exemption, ExemptionRefusal, ExemptionRequest, LegalBasis
from consultations.models.legal import FLOOR
from consultations.services import vouching
from freshness import services as freshness
from guards import services as guards
from ledger import services as ledger
from organisations import services as organisations
from organisations.models import Organisation, Role
from organisations.services import Refused
from workdays.enums import Unit

_ASKING = {Role.DRAFTER.value, Role.REVIEWER.value, Role.PUBLISHER.value}
_THIRTY: dict[str, Any] = {"days": 30, "unit": Unit.DAYS, "may_be_shortened": True}
BASES: tuple[dict[str, Any], ...] = (
    {
        "key": FLOOR,
        "instrument": "《北京市深化政务公开扩大公众参与工作办法》（京公开办发〔2020〕4号）",
        "days": 5,
        "unit": Unit.WORKING_DAYS,
        "always": True,
    },
    {
        "key": "government-rules",
        "instrument": "《规章制定程序条例》",
        "article": "第十五条",
        "procedures": [Procedure.GOVERNMENT_RULES.value],
        **_THIRTY,
    },
    {
        "key": "administrative-regulations",
        "instrument": "《行政法规制定程序条例》",
        "article": "第十三条",
        "procedures": [Procedure.ADMINISTRATIVE_REGULATION.value],
        **_THIRTY,
    },
    {
        "key": "legislation",
        "instrument": "《中华人民共和国立法法》",
        "article": "第四十条",
        "procedures": [Procedure.LOCAL_REGULATION.value],
        **_THIRTY,
    },
    {
        "key": "major-decisions",
        "instrument": "《重大行政决策程序暂行条例》",
        "article": "第十五条",
        "procedures": [Procedure.MAJOR_DECISION.value],
        **_THIRTY,
    },
    {
        "key": "business",
        "instrument": "《优化营商环境条例》",
        "article": "第六十二条",
        "business_related": True,
        **_THIRTY,
    },
    {
        "key": "normative-documents",
        "instrument": "《市县法治政府建设示范指标体系》",
        "article": "第24项",
        "days": 7,
        "unit": Unit.WORKING_DAYS,
        "binding": False,
        "procedures": [Procedure.NORMATIVE_DOCUMENT.value],
    },
)


def ensure_bases(**_signal: Any) -> None:
    """Enter the minimums of the law on a new site; what an administrator changed stays.

    Also the receiver of ``post_migrate``.
    """
    if LegalBasis.objects.exists():
        return
    LegalBasis.objects.bulk_create(
        LegalBasis(sort_order=order, **basis) for order, basis in enumerate(BASES)
    )


def note_changed_basis(basis: LegalBasis, *, user: Any, now: datetime.datetime) -> None:
    """Record what an administrator entered; what is announced already keeps its minimum."""
    ledger.record(
        "legal_basis.changed",
        basis,
        actor=user,
        now=now,
        data={"key": basis.key, "days": basis.days, "unit": basis.unit, "binding": basis.binding},
    )


def exempt(
    organisation: Organisation,
    *,
    ground: str,
    matter: str,
    reason: str,
    public_statement: str,
    requested_by: Any,
    approved_by: Any,
    now: datetime.datetime,
    request: ExemptionRequest | None = None,
) -> Exemption:
    """Record that no comments are asked for (rule 3); only what may be said of it is public.

    Raises ``Refused`` without reasons, or if one person asks and approves.
    """
    with transaction.atomic():
        if requested_by == approved_by:
            raise Refused(_("Another person than the one who asks has to approve it."))
        _refuse_without_reasons(matter, reason, public_statement)
        _refuse_unless_reviewer(approved_by, organisation)
        exemption = Exemption.objects.create(
            organisation=organisation,
            request=request,
            ground=ground,
            matter=matter.strip(),
            reason=reason.strip(),
            public_statement=public_statement.strip(),
            requested_by=requested_by,
            approved_by=approved_by,
            recorded_at=now,
        )
        data = vouching.of_exemption(exemption)
        ledger.record("exemption.recorded", exemption, actor=approved_by, now=now, data=data)
        freshness.bump()
    return exemption


def ask_exemption(
    organisation: Organisation,
    *,
    ground: str,
    matter: str,
    reason: str,
    public_statement: str,
    user: Any,
    now: datetime.datetime,
) -> ExemptionRequest:
    """Ask a legal reviewer of the organisation to record an exemption; nothing is public yet.

    Raises ``Refused`` for who does not work there, and without reasons.
    """
    with transaction.atomic():
        if not user.is_superuser and not organisations.roles_of(user, organisation) & _ASKING:
            raise Refused(_("Only officers of the organisation may do this."))
        _refuse_without_reasons(matter, reason, public_statement)
        request = ExemptionRequest.objects.create(
            organisation=organisation,
            ground=ground,
            matter=matter.strip(),
            reason=reason.strip(),
            public_statement=public_statement.strip(),
            requested_by=user,
            requested_at=now,
        )
        ledger.record("exemption.requested", request, actor=user, now=now)
    return request


def grant_exemption(
    request: ExemptionRequest, *, public_statement: str, user: Any, now: datetime.datetime
) -> Exemption:
    """Record the exemption that was asked for, with what the reviewer lets be said of it.

    Raises ``Refused`` as ``exempt`` does, and where it was answered already.
    """
    with transaction.atomic():
        _refuse_answered(request)
        return exempt(
            request.organisation,
            ground=request.ground,
            matter=request.matter,
            reason=request.reason,
            public_statement=public_statement,
            requested_by=request.requested_by,
            approved_by=user,
            now=now,
            request=request,
        )


def refuse_exemption(
    request: ExemptionRequest, *, reason: str, user: Any, now: datetime.datetime
) -> ExemptionRefusal:
    """Turn down what was asked for; comments have to be asked for then.

    Raises ``Refused`` without a reason, for others than a legal reviewer of the organisation who
    did not ask, and where it was answered already.
    """
    with transaction.atomic():
        _refuse_answered(request)
        if request.requested_by == user:
            raise Refused(_("Another person than the one who asks has to answer."))
        _refuse_unless_reviewer(user, request.organisation)
        if not reason.strip():
            raise Refused(_("Say why it is not granted."))
        refusal = ExemptionRefusal.objects.create(
            request=request, reason=reason.strip(), refused_by=user, refused_at=now
        )
        ledger.record("exemption.refused", request, actor=user, now=now)
    return refusal


def _refuse_without_reasons(matter: str, reason: str, public_statement: str) -> None:
    if not (matter.strip() and reason.strip() and public_statement.strip()):
        raise Refused(_("Name the matter, the reason, and what may be said in public."))


def _refuse_unless_reviewer(user: Any, organisation: Organisation) -> None:
    if Role.REVIEWER not in organisations.roles_of(user, organisation):
        raise Refused(_("A legal reviewer of the organisation has to approve it."))


def _refuse_answered(request: ExemptionRequest) -> None:
    guards.lock("consultations.exemption", request.pk)
    granted = Exemption.objects.filter(request=request).exists()
    if granted or ExemptionRefusal.objects.filter(request=request).exists():
        raise Refused(_("It was answered already."))
