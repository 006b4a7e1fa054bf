"""Polls with nothing new are answered here, before session, login and database."""

from django.conf import settings
from django.http import HttpResponse

from rmflow.staff.limits import POLL_PATHS

from . import bell


class BellPoll:
    """204 while the asking screen shows the newest version; everything else goes on inside."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path_info in POLL_PATHS and request.method == "GET":
            session_key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
            if bell.nothing_new(session_key, request.GET.get("v", "")):
                return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
        return self.get_response(request)
