"""Addresses of requests about personal data."""

from django.urls import path

from .views import rights

app_name = "rights"

urlpatterns = [
    path("", rights.index, name="index"),
    path("take/<int:pk>/", rights.take, name="take"),
    path("<int:pk>/", rights.page, name="request"),
    path("<int:pk>/step/<slug:name>/", rights.step, name="step"),
    path("<int:pk>/answer/", rights.sheet, name="answer"),
    path("<int:pk>/copy/", rights.export, name="copy"),
]
