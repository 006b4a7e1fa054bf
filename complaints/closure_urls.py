"""Addresses of closures and of the desk; a client's number never stands in one."""

from django.urls import path

from .views import closure_analysis, closures, guides, priority

app_name = "closures"

urlpatterns = [
    path("closures/", closures.index, name="index"),
    path("closures/find/", closures.find, name="find"),
    path("closures/flag/", closures.flag, name="flag"),
    path("closures/analysis/", closure_analysis.page, name="analysis"),
    path("closures/analysis/excel/", closure_analysis.excel, name="excel"),
    path("closures/analysis/<int:pk>/receive/", closure_analysis.receive, name="receive"),
    path("closures/<int:pk>/", closures.case, name="case"),
    path("closures/<int:pk>/print/", closure_analysis.form, name="print"),
    path("closures/<int:pk>/step/<slug:name>/", closures.step, name="step"),
    path("closures/<int:pk>/measure/", closures.measure, name="measure"),
    path("closures/<int:pk>/record/", closures.record, name="record"),
    path("priority/", priority.desk, name="desk"),
    path("priority/register/", guides.register, name="guides"),
    path("priority/register/new/", guides.record, name="guide_new"),
    path("priority/register/print/", guides.paper, name="guides_print"),
    path("priority/register/<int:pk>/strike/", guides.strike, name="guide_strike"),
]
