"""Addresses of the access log."""

from django.urls import path

from . import export_views, history_views, views

app_name = "privacy"

urlpatterns = [
    path("log/", views.access_log, name="log"),
    path("log/verify/", views.verify, name="verify"),
    path("changes/", history_views.changes, name="changes"),
    path("exports/<int:pk>/", export_views.show, name="export"),
    path("exports/<int:pk>/file/", export_views.file, name="export_file"),
]
