"""Rules say no by raising; here that becomes an answer a person can read."""

import json
import logging

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.shortcuts import render as render_page
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

from rmflow.workflow import Refused

from . import badinput, htmx

log = logging.getLogger(__name__)
DEBUG_PAGES = (404, 500)
MAX_UPLOAD = 50 * 1024 * 1024  # bytes; imports of a million clients come by command


class OnePolicy:
    """The same content security policy on every answer, built once; django-csp builds it for each."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = build_policy()

    def __call__(self, request):
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):  # those need Django's own style
            response.headers.setdefault(HEADER, self.policy)
        return response


class Answers:
    """Refused → 422, no such row in scope → 404, no database → 503; fragments for htmx.

    The API has its own handler (`doors.api.exception_handler`) and answers before this.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self._unreadable(request) or self.get_response(request)

    def process_exception(self, request, error):
        if isinstance(error, Refused):
            return refused(request, error)
        if isinstance(error, ObjectDoesNotExist):
            error = Http404(str(error))
        if isinstance(error, (Http404, PermissionDenied)):
            return self._absent(request, error)
        if isinstance(error, (OperationalError, InterfaceError)):
            log.error("The database did not answer.", exc_info=error)
            return _plain(request, "doors/away", 503, {"Retry-After": "2"})
        bad = badinput.as_refusal(error)
        if bad is not None:
            log.warning("Input reached the database unchecked: %s", type(error).__name__)
            return refused(request, bad)
        return None

    def _unreadable(self, request):
        """Refuse what no view should see: NUL in an address, a body beyond the limit."""
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return _plain(request, "doors/unreadable", 400)
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        is_upload = request.content_type == "multipart/form-data"
        limit = MAX_UPLOAD if is_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return _plain(request, "doors/too_large", 413) if length > limit else None

    def _absent(self, request, error):
        """A fragment for htmx; whole pages are Django's own 403.html and 404.html."""
        if not htmx.wants_fragment(request):
            if isinstance(error, PermissionDenied):
                return None
            return page_not_found(request, error)
        status, message = (
            (403, _("You may not do this."))
            if isinstance(error, PermissionDenied)
            else (404, _("You cannot see this record, or it has been moved."))
        )
        return _strip(request, [message], status)


def refused(request, refusal):
    """422: what the rule says, beside what was typed (a view may put it beside the field)."""
    texts = [text for messages in refusal.errors.values() for text in messages]
    if htmx.wants_fragment(request):
        return _strip(request, texts, 422)
    context = {"message": " ".join(str(text) for text in texts)}
    return render_page(request, "422.html", context, status=422)


def _strip(request, texts, status):
    """Swap nothing, so that what was typed stays; say it in a message over the page."""
    response = render_page(request, "doors/_refused.html", {"texts": texts}, status=status)
    toast = {"text": " ".join(str(text) for text in texts), "state": "past"}
    response["HX-Trigger"] = json.dumps({"rmflow:toast": toast})
    response["HX-Reswap"] = "none"
    return response


def _plain(request, template, status, headers=None):
    """An answer that asks neither the session nor the database for anything."""
    body = render_to_string(f"{template}.html", {"status": status})
    return HttpResponse(body, status=status, headers=headers or {})
