"""Views that misbehave in every way the doors must answer for."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import OperationalError, transaction
from django.http import HttpResponse
from django.urls import path
from rest_framework.views import APIView

from rmflow.doors.models import JobRun
from rmflow.urls import urlpatterns as ours
from rmflow.workflow import Conflict, Refused

ERRORS = {
    "refused": lambda: Refused("Phone needs 11 digits.", field="phone"),
    "many": lambda: Refused.many({"phone": "Too short.", "name": "Missing."}),
    "conflict": lambda: Conflict("Somebody was first."),
    "absent": ObjectDoesNotExist,
    "denied": PermissionDenied,
    "away": OperationalError,
    "invalid": lambda: ValidationError({"name": ["Missing."], "__all__": ["Never."]}),
    "nested": RecursionError,
}


@login_not_required
def raising(request, kind):
    raise ERRORS[kind]()


@login_not_required
@transaction.atomic
def storing(request):
    """Writes what was typed without any form: only the net beneath is left."""
    JobRun.objects.create(name=request.POST["name"], started_at="2026-10-08T09:00Z", error="")
    return HttpResponse("stored")


class Raising(APIView):
    authentication_classes = permission_classes = []

    def get(self, request, kind):
        raise ERRORS[kind]()


class Storing(APIView):
    authentication_classes = permission_classes = []

    @transaction.atomic
    def post(self, request):
        JobRun.objects.create(name=request.data["name"], started_at="2026-10-08T09:00Z", did=request.data)


urlpatterns = [
    path("t/raising/<str:kind>/", raising),
    path("t/storing/", storing),
    path("api/t/raising/<str:kind>/", Raising.as_view()),
    path("api/t/storing/", Storing.as_view()),
    *ours,
]
