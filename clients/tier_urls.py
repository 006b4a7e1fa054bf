"""Addresses of scorecards, tiers and evaluations."""

from django.urls import path

from .views import overrides, scorecards, tier_client, tiers

app_name = "tiers"

urlpatterns = [
    path("", tiers.index, name="index"),
    path("start/", tiers.start, name="start"),
    path("runs/<int:pk>/sign/", tiers.sign_all, name="sign_all"),
    path("parts/<int:pk>/sign/", tiers.sign, name="sign"),
    path("export/", tiers.export, name="export"),
    path("parts/<int:pk>/back/", tiers.send_back, name="send_back"),
    path("parts/<int:pk>/again/", tiers.again, name="again"),
    path("runs/<int:pk>/again/", tiers.all_again, name="all_again"),
    path("parts/<int:pk>/read/<int:client>/", tiers.read, name="read"),
    path("client/<int:pk>/", tier_client.page, name="client"),
    path("client/<int:pk>/evaluate/", tier_client.evaluate, name="evaluate"),
    path("client/<int:pk>/override/", tier_client.override, name="override"),
    path("overrides/", overrides.page, name="overrides"),
    path("overrides/<int:pk>/<slug:answer>/", overrides.settle, name="settle"),
    path("cards/", scorecards.cards, name="cards"),
    path("cards/<int:pk>/", scorecards.card, name="card"),
    path("cards/<int:pk>/edit/", scorecards.edit, name="card_edit"),
    path("cards/<int:pk>/copy/", scorecards.copy, name="card_copy"),
    path("cards/<int:pk>/simulate/", scorecards.simulate, name="card_simulate"),
    path("cards/<int:pk>/simulation/", scorecards.simulated, name="simulation"),
    path("cards/<int:pk>/publish/", scorecards.publish, name="card_publish"),
    path("cards/<int:pk>/discard/", scorecards.discard, name="card_discard"),
]
