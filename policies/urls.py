"""Permanent addresses of policies: a move in the tree or a new name changes none of them."""

from django.urls import path, re_path

from policies import feeds, views

app_name = "policies"

POLICY = r"^policies/(?P<code>[A-Z0-9-]+)/(?P<year>[0-9]{4})-(?P<serial>[1-9][0-9]{0,8})/"

urlpatterns = [
    path("policies/", views.library, name="library"),
    path("policies/feed/", feeds.atom, name="feed"),
    path("policies/catalogue/", views.catalogue, name="catalogue"),
    path("policies/interpretations/", views.interpretations, name="interpretations"),
    re_path(POLICY + "$", views.policy, name="policy"),
    re_path(
        POLICY + r"interpretations/(?P<number>[1-9][0-9]{0,5})/$",
        views.interpretation,
        name="interpretation",
    ),
    path("sitemap.xml", feeds.sitemap_index, name="sitemap_index"),
    path("sitemap-<slug:section>.xml", feeds.sitemap_section, name="sitemap_section"),
]
