"""A form page, a script's address and an API address to be logged out on."""

from django.http import HttpResponse
from django.urls import path

from rmflow.urls import urlpatterns as ours


def note(request):
    """Answer with what arrived, so that a test sees that nothing typed was lost."""
    if request.method != "POST":
        return HttpResponse("form")
    lines = [f"{name}={value}" for name, values in request.POST.lists() for value in values]
    return HttpResponse(f"saved by {request.user.employee_no}: " + "|".join(lines))


urlpatterns = [
    path("t/note/", note),
    path("api/t/note/", note),
    path("notices/poll/", note),
    path("", note, name="home"),
    *ours,
]
