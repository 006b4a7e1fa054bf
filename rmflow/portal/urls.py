"""Addresses of the roof."""

from django.urls import path

from .styleguide import styleguide
from .views import about, board, home, jobs, overview, search

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("more/", home.more, name="more"),
    path("overview/", overview.overview, name="overview"),
    path("search/", search.search, name="search"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/calendar/", jobs.calendar_changes, name="recounts"),
    path("about/permissions", about.permissions, name="permissions"),
    path("board/", board.boards, name="boards"),
    path("board/screens/", board.screens, name="board_screens"),
    path("board/screens/<int:pk>/revoke/", board.revoke, name="board_revoke"),
    path("board/pair/<slug:secret>/", board.pair, name="board_pair"),
    path("board/<slug:code>/", board.show, name="board"),
    path("styleguide/", styleguide, name="styleguide"),
]
