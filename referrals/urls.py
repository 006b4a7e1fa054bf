"""Addresses of the referrals: the desk, the lists, a slip and its steps."""

from django.urls import path

from .views import calls, desk, duty, lists, lobby, offline, reception, slips

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
    path("desk/duty/", duty.page, name="duty"),
    path("desk/duty/post/", duty.post, name="duty_post"),
    path("desk/duty/sign-in/", duty.sign_in, name="duty_sign_in"),
    path("desk/duty/<int:pk>/<slug:name>/", duty.step, name="duty_step"),
    path("desk/call/", calls.page, name="calls"),
    path("desk/call/strip/", calls.strip, name="call_strip"),
    path("desk/call/new/", calls.call, name="call"),
    path("desk/call/<int:pk>/answer/", calls.answer, name="call_answer"),
    path("desk/call/<int:pk>/over/", calls.over, name="call_over"),
    path("desk/offline/", offline.page, name="offline"),
    path("desk/offline/send/", offline.send, name="offline_send"),
    path("desk/offline/discard/", offline.discard, name="offline_discard"),
    path("sw.js", offline.worker, name="worker"),
    path("desk.webmanifest", offline.manifest, name="manifest"),
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
