"""Addresses of account openings."""

from django.urls import path

from .views import openings

app_name = "openings"

urlpatterns = [
    path("", openings.index, name="index"),
    path("new/<int:client_pk>/", openings.new, name="new"),
    path("new/<int:client_pk>/prepare/", openings.prepare, name="prepare"),
    path("<int:pk>/", openings.opening, name="opening"),
    path("<int:pk>/form/<int:item_pk>/", openings.tick, name="tick"),
    path("<int:pk>/step/<slug:name>/", openings.step, name="step"),
    path("<int:pk>/learn/", openings.learn, name="learn"),
    path("<int:pk>/offer/", openings.offer, name="offer"),
    path("<int:pk>/offer/<int:offer_pk>/", openings.answer, name="answer"),
    path("<int:pk>/execute/", openings.execute, name="execute"),
]
