"""Sending what is in the outbox, never twice (decision 0030).

claim (commit) → send → settle (commit). Rows are taken with SKIP LOCKED under a lease; `attempts`
is the fence: a worker that was overtaken can neither hand over nor settle.
"""

from collections import Counter
from functools import partial

from django.db import transaction
from django.utils import timezone

from . import rules, webhook
from .channel import LeaseLost, Never, NotNow, Unclear
from .mail import Mailer
from .models import Delivery
from .rules import Channel, State

#: Deliveries in one run of the task; the next sweep goes on.
RUN = 200


def deliver(limit=RUN) -> dict:
    """Send what is due, one after the other; counts by outcome."""
    counts = Counter()
    mailer = Mailer()
    try:
        while counts.total() < limit:
            # A mail server that is away costs one attempt a run, and webhooks do not wait for it.
            channels = [Channel.WEBHOOK] if mailer.away else Channel.values
            delivery = claim(timezone.now(), channels)
            if delivery is None:
                break
            counts[_send(delivery, mailer)] += 1
    finally:
        mailer.close()
    return dict(counts)


def claim(now, channels=tuple(Channel.values)):
    """Take the next due delivery for one lease, or None. Commits, so that a kill leaves a trace."""
    with transaction.atomic():
        delivery = (
            Delivery.objects.due(now)
            .filter(channel__in=channels)
            .select_related("notice__recipient__home_branch")
            .select_for_update(of=("self",), skip_locked=True, no_key=True)
            .order_by("next_try_at", "pk")
            .first()
        )
        if delivery is None:
            return None
        delivery.state = State.SENDING
        delivery.attempts += 1
        delivery.next_try_at = now + rules.LEASE
        delivery.save(update_fields=["state", "attempts", "next_try_at"])
    return delivery


def _send(delivery, mailer) -> str:
    """Send one claimed delivery and write down what came of it; the state it is in now."""
    try:
        if delivery.attempts > rules.MAX_ATTEMPTS:
            raise Never("the worker died each time")
        if not delivery.notice.recipient.is_active:
            raise Never("recipient has left")
        send = mailer.send if delivery.channel == Channel.EMAIL else webhook.send
        send(delivery, partial(hand_over, delivery))
    except LeaseLost:
        return State.SENDING
    except Unclear as error:
        return _settle(delivery, State.UNCLEAR, str(error))
    except Never as error:
        return _settle(delivery, State.FAILED, str(error))
    except NotNow as error:
        return _retry(delivery, str(error))
    return _settle(delivery, State.SENT)


def hand_over(delivery):
    """Write down that the message is about to be complete; LeaseLost when it is another's now."""
    now = timezone.now()
    if not _mine(delivery).filter(handed_over_at__isnull=True).update(handed_over_at=now):
        raise LeaseLost
    delivery.handed_over_at = now


def _mine(delivery):
    return Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, attempts=delivery.attempts)


def _retry(delivery, error):
    if delivery.attempts >= rules.MAX_ATTEMPTS:
        return _settle(delivery, State.FAILED, error)
    later = timezone.now() + rules.pause(delivery.attempts)
    at = rules.not_before(later, urgent=delivery.notice.urgent, kind=delivery.notice.kind)
    _mine(delivery).update(state=State.PENDING, next_try_at=at, handed_over_at=None, error=error[:120])
    return State.PENDING


def _settle(delivery, state, error=""):
    sent_at = timezone.now() if state == State.SENT else None
    _mine(delivery).update(state=state, sent_at=sent_at, error=error[:120])
    return state


def close_unanswered(now) -> int:
    """Deliveries handed over by a worker that died: never sent again by itself; how many."""
    return Delivery.objects.unanswered(now).update(
        state=State.UNCLEAR, error="worker died after handing over"
    )


def send_again(deliveries) -> int:
    """Put given-up or unclear deliveries back into the outbox, by a person's decision."""
    return deliveries.filter(state__in=[State.FAILED, State.UNCLEAR]).update(
        state=State.PENDING, attempts=0, next_try_at=timezone.now(), handed_over_at=None, error=""
    )
