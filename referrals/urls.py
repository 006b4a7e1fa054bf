"""Addresses of the referrals: the desk, the lists, a slip and its steps."""

from django.urls import path

from .views import desk, lists, lobby, reception, slips

app_name = "referrals"

urlpatterns = [
    path("desk/", desk.page, name="desk"),
    path("desk/card/", desk.card, name="card"),
    path("desk/file/", desk.file, name="file"),
    path("desk/repeat/", desk.repeat, name="repeat"),
    path("desk/live/", desk.live, name="live"),
    path("desk/list/", desk.day_list, name="day_list"),
    path("desk/divert/", lobby.divert, name="divert"),
    path("desk/divert/<int:pk>/undo/", lobby.undo_diversion, name="undo_diversion"),
    path("desk/patrol/", lobby.patrol, name="patrol"),
    path("referrals/", lists.branch, name="list"),
    path("referrals/mine/", lists.mine, name="mine"),
    path("referrals/waiting/", reception.waiting, name="waiting"),
    path("referrals/<int:pk>/", slips.slip, name="slip"),
    path("referrals/<int:pk>/receive/", reception.receive, name="receive"),
    path("referrals/<int:pk>/withdraw/", slips.withdraw, name="withdraw"),
    path("referrals/<int:pk>/take/", slips.take, name="take"),
    path("referrals/<int:pk>/guide-on/", slips.guide_on, name="guide_on"),
    path("referrals/<int:pk>/<slug:name>/", slips.step, name="step"),
]
