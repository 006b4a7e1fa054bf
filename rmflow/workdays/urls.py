from django.urls import path

from . import views

app_name = "workdays"

urlpatterns = [
    path("", views.calendar_page, name="calendar"),
    path("count/", views.count, name="count"),
    path("<int:year>.csv", views.year_csv, name="csv"),
]
