"""Addresses of business handling; each noun brings its own list."""

from django.urls import path

from .views import complaint_desk as desk
from .views import complaint_improvements as improvements
from .views import complaint_list as listed
from .views import complaint_prints as prints
from .views import complaint_retention as retention
from .views import complaint_show as shown

app_name = "complaints"

complaint_urls = [
    path("complaints/", listed.index, name="complaints"),
    path("complaints/new/", listed.take, name="take"),
    path("complaints/desk/", desk.index, name="desk"),
    path("complaints/desk/risk/", desk.risk, name="risk"),
    path("complaints/desk/figures/", desk.figures, name="figures"),
    path("complaints/desk/report/", desk.report, name="report"),
    path("complaints/desk/excel/", desk.excel, name="excel"),
    path("complaints/extensions/", desk.extensions, name="extensions"),
    path("complaints/reviews/", desk.reviews, name="reviews"),
    path("complaints/retention/", retention.index, name="retention"),
    path("complaints/improvements/<int:pk>/", improvements.page, name="improvement"),
    path("complaints/notice/", prints.notice, name="notice"),
    path("complaints/notice/edit/", prints.point, name="point"),
    path("complaints/<int:pk>/", shown.show, name="complaint"),
    path("complaints/<int:pk>/print/", prints.form, name="form"),
    path("complaints/<int:pk>/letter/", prints.letter, name="letter"),
    path("complaints/<int:pk>/phone/", shown.phone, name="phone"),
    path("complaints/<int:pk>/files/", shown.attach, name="attach"),
    path("complaints/<int:pk>/files/<int:attachment>/", shown.file, name="file"),
    path("complaints/<int:pk>/improvements/<int:improvement>/done/", shown.improved, name="improved"),
    path("complaints/<int:pk>/<slug:name>/", shown.step, name="step"),
]

urlpatterns = [*complaint_urls]
