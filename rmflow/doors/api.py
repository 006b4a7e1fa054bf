"""The API's manners: the same refusals as the pages, in JSON, and pages of 25."""

import logging

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler as usual_handler
from rest_framework.views import set_rollback

from rmflow.workflow import Conflict, Refused

from . import badinput, idempotency

log = logging.getLogger(__name__)
#: `lookup_value_regex` of every view set: a row number the database can hold; anything else is 404.
NUMBER = "[0-9]{1,18}"


class Page(PageNumberPagination):
    """25 rows a page, at most 100 when asked for."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100


class ActionMixin:
    """What view sets of actions share: parse what is sent, act once per key, answer with the row as it is now."""

    def _parsed(self, serializer_class):
        serializer = serializer_class(data=self.request.data, context={"request": self.request})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _answer(self, pk, status=200):
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=status)

    def _once(self, produce):
        """Once per key; the address belongs to the body: the same words about another row are another."""
        request = self.request
        body = {"path": request.path, "data": request.data}
        return idempotency.once(request.user, idempotency.key_of(request), body, produce)


def exception_handler(error, context):
    """Refused → 400, Conflict → 409, out of scope → 404, unstorable text → 400."""
    refusal = error if isinstance(error, Refused) else badinput.as_refusal(error)
    if refusal is not None:
        code = 409 if isinstance(refusal, Conflict) else 400
        errors = {name: [str(text) for text in texts] for name, texts in refusal.errors.items()}
        return _answer(code, errors)
    if isinstance(error, ObjectDoesNotExist):
        error = Http404()
    if isinstance(error, ValidationError):
        return _answer(400, _validation(error))
    if isinstance(error, RecursionError):
        return _answer(400, {"detail": [_("The data is nested too deeply.")]})
    if isinstance(error, (OperationalError, InterfaceError)):
        log.error("The database did not answer.", exc_info=error)
        return _answer(503, {"detail": [_("The service is away for a moment. Try again.")]})
    return usual_handler(error, context)


def _validation(error):
    if hasattr(error, "message_dict"):
        return {("detail" if k == "__all__" else k): v for k, v in error.message_dict.items()}
    return {"detail": error.messages}


def _answer(code, data):
    set_rollback()
    headers = {"Retry-After": "2"} if code == status.HTTP_503_SERVICE_UNAVAILABLE else {}
    return Response(data, status=code, headers=headers)
