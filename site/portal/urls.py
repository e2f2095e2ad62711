"""Addresses of the portal itself; the policies' own stand in ``policies.urls``."""

from django.urls import path

from portal import views

app_name = "portal"

urlpatterns = [
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("sitemap/", views.site_map, name="site_map"),
    path("data/", views.data, name="data"),
    path("appearance/", views.appearance, name="appearance"),
]

robots_pattern = path("robots.txt", views.robots, name="robots")
