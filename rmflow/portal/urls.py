"""Addresses of the roof."""

from django.urls import path

from .styleguide import styleguide
from .views import about, home, jobs, overview, search

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("more/", home.more, name="more"),
    path("overview/", overview.overview, name="overview"),
    path("search/", search.search, name="search"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("about/permissions", about.permissions, name="permissions"),
    path("styleguide/", styleguide, name="styleguide"),
]
