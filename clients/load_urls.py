"""Addresses of the file drop."""

from django.urls import path

from .views import loads

app_name = "loads"

urlpatterns = [
    path("", loads.index, name="index"),
    path("upload/", loads.upload, name="upload"),
    path("<int:pk>/", loads.show, name="load"),
    path("<int:pk>/errors/", loads.errors, name="errors"),
    path("<int:pk>/undo/", loads.undo, name="undo"),
    path("maps/", loads.maps, name="maps"),
    path("maps/new/", loads.map_edit, name="map_new"),
    path("maps/<int:pk>/", loads.map_edit, name="map"),
    path("maps/<int:pk>/delete/", loads.map_delete, name="map_delete"),
]
