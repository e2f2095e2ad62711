"""What machines ask: is the process alive, and can it do its work?"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from config import readiness


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, triggers, queue and search; 503 with the reasons if one fails."""
    results = readiness.probe_all()
    failing = {name: reason for name, reason in results.items() if reason}
    body = {
        "status": "failing" if failing else "ok",
        "checks": {name: reason or "ok" for name, reason in results.items()},
    }
    return JsonResponse(body, status=503 if failing else 200)
