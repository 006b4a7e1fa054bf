"""Addresses of one's own notices."""

from django.urls import path

from . import views

app_name = "notices"

urlpatterns = [
    path("", views.index, name="index"),
    path("latest/", views.latest, name="latest"),
    path("poll/", views.poll, name="poll"),
    path("read/", views.read_all, name="read_all"),
    path("<int:pk>/", views.open_one, name="open"),
]
