"""Addresses of the clients; a name, a phone or an ID number never stands in one."""

from django.urls import path

from .views import (
    duplicates,
    edit,
    index,
    new,
    parts,
    prints,
    products,
    reveal,
    segments,
    sheet,
    tier_client,
)

app_name = "clients"

urlpatterns = [
    path("", index.index, name="index"),
    path("find/", index.find_client, name="find"),
    path("new/", new.new, name="new"),
    path("<int:pk>/", sheet.sheet, name="sheet"),
    path("<int:pk>/timeline/", sheet.timeline, name="timeline"),
    path("<int:pk>/reveal/", reveal.reveal, name="reveal"),
    path("<int:pk>/masked/<slug:field>/", reveal.masked, name="masked"),
    path("<int:pk>/edit/<slug:part>/", edit.edit, name="edit"),
    path("<int:pk>/part/<slug:part>/", parts.part, name="part"),
    path("<int:pk>/print/", prints.form, name="print"),
    path("<int:pk>/tier/", tier_client.card, name="tier"),
    path("products/", products.index, name="products"),
    path("products/<int:pk>/", products.edit, name="product"),
    path("products/new/", products.edit, name="product_new"),
    path("segments/", segments.index, name="segments"),
    path("segments/new/", segments.edit, name="segment_new"),
    path("segments/count/", segments.count, name="segment_count"),
    path("segments/<int:pk>/", segments.show, name="segment"),
    path("segments/<int:pk>/edit/", segments.edit, name="segment_edit"),
    path("segments/<int:pk>/export/", segments.export, name="segment_export"),
    path("segments/<int:pk>/copy/", segments.copy, name="segment_copy"),
    path("segments/<int:pk>/delete/", segments.delete, name="segment_delete"),
    path("duplicates/", duplicates.index, name="duplicates"),
    path("duplicates/find/", duplicates.find, name="duplicates_find"),
    path("duplicates/<int:pk>/", duplicates.pair, name="duplicate"),
    path("duplicates/<int:pk>/<slug:name>/", duplicates.step, name="duplicate_step"),
    path("<int:pk>/duplicate/", duplicates.propose, name="duplicate_propose"),
    path("<int:pk>/assign/", edit.assign, name="assign"),
]
