"""Addresses of the archive register; a name never stands in one."""

from django.urls import path

from .views import checks, custody, destruction, loans

app_name = "custody"

urlpatterns = [
    path("", custody.index, name="index"),
    path("query/", custody.query, name="query"),
    path("<int:pk>/", custody.file, name="file"),
    path("<int:pk>/step/<slug:name>/", custody.step, name="step"),
    path("holds/<int:pk>/release/", custody.release, name="release"),
    path("loans/", loans.index, name="loans"),
    path("loans/mine/", loans.mine, name="loans_mine"),
    path("loans/<int:pk>/approve/", loans.approve, name="loan_approve"),
    path("loans/<int:pk>/refuse/", loans.refuse, name="loan_refuse"),
    path("loans/<int:pk>/hand-out/", loans.hand_out, name="loan_hand_out"),
    path("loans/<int:pk>/return/", loans.take_back, name="loan_return"),
    path("borrow/<int:pk>/", loans.borrow, name="borrow"),
    path("checks/", checks.index, name="checks"),
    path("checks/begin/", checks.begin, name="check_begin"),
    path("checks/<int:pk>/", checks.round, name="check"),
    path("checks/items/<int:pk>/settle/", checks.settle, name="check_settle"),
    path("assessments/", checks.assessed, name="assessments"),
    path("assessments/<int:pk>/<slug:month>/", checks.assess, name="assess"),
    path("assessments/<int:pk>/confirm/now/", checks.confirm, name="assessment_confirm"),
    path("retention/", destruction.retention_page, name="retention"),
    path("retention/review/", destruction.review, name="review"),
    path("destructions/", destruction.index, name="destructions"),
    path("destructions/<int:pk>/", destruction.batch, name="destruction"),
    path("destructions/<int:pk>/sign/<slug:name>/", destruction.sign, name="destruction_sign"),
    path("destructions/<int:pk>/step/<slug:name>/", destruction.step, name="destruction_step"),
    path("destructions/<int:pk>/certificate/", destruction.certificate, name="certificate"),
]
