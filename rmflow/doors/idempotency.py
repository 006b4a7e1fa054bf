"""A submit is carried out once, however often the finger or the network repeats it.

The key is inserted first: PostgreSQL makes every other insert of the same (user, key)
wait until the first commits, so ten equal submits make one row and get one answer.
A refusal rolls the key back with everything else: the corrected form may use it again.
"""

import json
import re
from contextlib import nullcontext
from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from rmflow.workflow import Conflict, Refused

from .models import IdempotencyKey
from .rows import Prepared
from .together import last, together

KEPT_FOR = timedelta(days=7)  # house.md, "Idempotency"
HEADER = "HTTP_IDEMPOTENCY_KEY"  # Idempotency-Key, as it stands in request.META
FIELD = "idempotency_key"
NOT_CONTENT = {"csrfmiddlewaretoken", FIELD}
KEY = re.compile(r"[\x21-\x7e]{1,64}")

INSERT = Prepared(
    "claim",
    "bigint, text, text, timestamptz",
    'INSERT INTO "doors_idempotencykey" (user_id, key, body_hash, created_at)'
    " VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, key) DO NOTHING RETURNING id",
)
UPDATE = Prepared(
    "answer",
    "int, jsonb, bigint",
    'UPDATE "doors_idempotencykey" SET status = $1, answer = $2 WHERE id = $3',
)


def once(user, key, body, produce, *, batched=False):
    """Run `produce()` → (status, JSON answer) once per (user, key); return that pair.

    The same key with another body raises Conflict. An empty key only runs `produce`
    in a transaction: a caller who sends no key asks for no protection. `batched` writes the light rows of
    `produce` and the answer by one trip (`together`); not for a `produce` with savepoints.
    """
    with transaction.atomic():
        if not key:
            with together() if batched else nullcontext():
                return produce()
        check_key(key)
        digest = body_digest(body)
        mine = _claim(user, key, digest)
        if mine is None:
            return _stored(user, key, digest)
        with together() if batched else nullcontext():
            status, answer = produce()
            last(UPDATE, [status, json.dumps(answer, cls=DjangoJSONEncoder), mine])
        return status, answer


def key_of(request):
    """The key of a request: the header of an API call or the hidden field of a form."""
    return request.META.get(HEADER, "") or request.POST.get(FIELD, "")


def check_key(key):
    if not KEY.fullmatch(key):
        raise Refused(_("The idempotency key must be 1 to 64 plain characters."), field=FIELD)


def body_digest(body):
    """A keyed SHA-256 of the body in one canonical form; the order of fields is no matter."""
    if isinstance(body, QueryDict):
        body = {name: values for name, values in body.lists() if name not in NOT_CONTENT}
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in NOT_CONTENT}
    if isinstance(body, bytes):
        body = body.decode("utf-8", "backslashreplace")
    text = json.dumps(body, sort_keys=True, default=str, separators=(",", ":"))
    return salted_hmac("rmflow.doors.idempotency", text, algorithm="sha256").hexdigest()


def forget_old(now=None):
    """Delete keys older than seven days; return how many."""
    before = (now or timezone.now()) - KEPT_FOR
    return IdempotencyKey.objects.filter(created_at__lt=before).delete()[0]


def _claim(user, key, digest):
    claimed = INSERT.rows(user.pk, key, digest, timezone.now())
    return claimed[0][0] if claimed else None


def _stored(user, key, digest):
    earlier = IdempotencyKey.objects.get(user_id=user.pk, key=key)
    if not constant_time_compare(earlier.body_hash, digest):
        raise Conflict(
            _("This was already saved with other content. Reload the page to start anew."),
            field=FIELD,
        )
    return earlier.status, earlier.answer
