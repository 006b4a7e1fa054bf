"""The webhook channel: a signed POST to an address on the allow-list.

The receiver verifies `X-Rmflow-Signature: t=<unix seconds>,v1=<hex>`, the HMAC-SHA256 of
`<t>.<body>`, and drops a second request with the same `Idempotency-Key` (the delivery's id).
No redirects, no proxies, plain http only in demo and test mode.
"""

import hashlib
import hmac
import http.client
import json
import ssl
import time
from urllib.parse import quote, urlsplit

from django.conf import settings

from .channel import Never, NotNow, message

TIMEOUT = 5  # seconds for each step
#: Answers that may be another one later, besides all 5xx.
LATER = frozenset({408, 409, 423, 425, 429})


def address(user) -> str:
    """Where news for `user` is posted, `{branch}` being the home branch's code; empty: nowhere."""
    code = user.home_branch.code if user.home_branch else ""
    return settings.WEBHOOK_URL.replace("{branch}", quote(code, safe=""))


def send(delivery, _hand_over):
    """POST the delivery; a second attempt carries the same `Idempotency-Key`."""
    target = _allowed(address(delivery.notice.recipient))
    body = _body(delivery)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "rmflow",
        "Idempotency-Key": f"delivery-{delivery.pk}",
        "X-Rmflow-Signature": sign(body, int(time.time())),
    }
    connection = _connection(target)
    try:
        connection.request("POST", _path(target), body=body, headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotNow(type(error).__name__) from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise (NotNow if status in LATER or status >= 500 else Never)(f"HTTP {status}")


def sign(body: bytes, at: int) -> str:
    """The signature header of `body` sent at `at` (unix seconds)."""
    secret = settings.WEBHOOK_SECRET.encode()
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _allowed(url):
    """The parts of `url`, when it is on the allow-list; settings alone do not suffice."""
    try:
        target = urlsplit(url)
        port = target.port
    except ValueError as error:
        raise Never("address not readable") from error
    schemes = {"https"} if settings.PRODUCTION else {"https", "http"}
    if target.scheme not in schemes or target.username or target.password or not target.hostname:
        raise Never("address not allowed")
    host = target.hostname if port is None else f"{target.hostname}:{port}"
    if host not in settings.WEBHOOK_HOSTS:
        raise Never("host not on the allow-list")
    if not settings.WEBHOOK_SECRET:
        raise Never("no WEBHOOK_SECRET")
    return target


def _connection(target):
    if target.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(target.hostname, target.port, timeout=TIMEOUT, context=context)
    return http.client.HTTPConnection(target.hostname, target.port, timeout=TIMEOUT)


def _path(target):
    return (target.path or "/") + (f"?{target.query}" if target.query else "")


def _body(delivery) -> bytes:
    notice, said = delivery.notice, message(delivery.notice)
    return json.dumps(
        {
            "id": delivery.pk,
            "kind": notice.kind,
            "employee_no": notice.recipient.employee_no,
            "text": said.text,
            "link": said.link,
            "urgent": notice.urgent,
            "at": notice.created_at.isoformat(),
        },
        ensure_ascii=False,
    ).encode()
