"""Every address of the site. Those without a prefix are Chinese, other languages have one."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, re_path, reverse
from django.utils.http import urlencode
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from config import health
from config.accounts import EditorLoginView
from openapi.api import api
from organisations.views import picture
from portal.urls import robots_pattern
from portal.views import no_such_data


def admin_login(request: HttpRequest) -> HttpResponse:
    """There is one login, with lockout and second factor; Wagtail's own two lead to it."""
    following = {"next": request.GET.get("next") or reverse("wagtailadmin_home")}
    return redirect(f"{reverse('account_login')}?{urlencode(following)}")


for _router in ("policies.api.router", "consultations.api.router"):
    api.add_router("", _router)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    robots_pattern,
    path("admin/login/", admin_login),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("api/docs", RedirectView.as_view(pattern_name="portal:data")),
    path(
        "api/v1/policies",
        RedirectView.as_view(pattern_name="api:policies", permanent=True, query_string=True),
    ),
    path(
        "api/v1/consultations",
        RedirectView.as_view(pattern_name="api:consultations", permanent=True, query_string=True),
    ),
    path("api/", no_such_data),
    path("api/", api.urls),
    re_path("^api/", no_such_data),
]
if settings.STORAGES["default"]["BACKEND"].endswith("FileSystemStorage"):
    urlpatterns.append(path("media/<path:path>", picture))

urlpatterns += i18n_patterns(
    path("_util/login/", admin_login),
    path("accounts/login/", EditorLoginView.as_view()),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("", include("portal.urls")),
    path("", include("consultations.urls")),
    path("", include("policies.urls")),
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"
