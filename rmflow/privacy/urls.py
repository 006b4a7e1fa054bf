"""Addresses of the access log."""

from django.urls import path

from . import views

app_name = "privacy"

urlpatterns = [
    path("log/", views.access_log, name="log"),
    path("log/verify/", views.verify, name="verify"),
]
