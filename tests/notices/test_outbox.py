"""Sending through a real mail server and a real web server, in this process."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from rmflow.notices import actions, outbox, rules
from rmflow.notices.models import Delivery
from rmflow.notices.rules import State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(wealth):
    """A function that puts one urgent notice for the wealth manager into the outbox."""
    wealth.email = "lin@bank.example"
    wealth.save()

    def tell(channel="email", **fields):
        fields = {
            "key": "a",
            "urgent": True,
            "text": "{client} waits",
            "params": {"client": "刘女士"},
            **fields,
        }
        actions.notify([wealth], "referral.waiting", channels=("bell", channel), **fields)
        return Delivery.objects.latest("pk")

    return tell


def later(delivery):
    """Let the pause before the next attempt pass."""
    Delivery.objects.filter(pk=delivery.pk).update(next_try_at=timezone.now())


def test_an_email_arrives_once_however_often_the_outbox_is_sent(told, mail_server):
    delivery = told()
    for _ in range(3):
        outbox.deliver()
    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert delivery.sent_at
    (message,) = mail_server.messages
    assert message["To"] == "lin@bank.example"
    assert message["Message-ID"] == f"<delivery-{delivery.pk}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_an_email_tells_nothing_of_the_client(told, mail_server):
    told()
    outbox.deliver()
    (message,) = mail_server.messages
    assert "刘" not in message.get_content() + message["Subject"]
    assert "/notices/" in message.get_content()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "一月 3"), ("en", "January 3")])
def test_an_email_speaks_the_recipients_language(told, mail_server, wealth, language, words):
    from django.utils.translation import gettext_lazy

    wealth.language = language
    wealth.save()
    params = {"client": "刘女士", "month": gettext_lazy("January"), "count": 3}
    told(outside="{month} {count}", params=params)
    outbox.deliver()
    assert words in mail_server.messages[0].get_content()


def test_many_emails_share_one_run(wealth, hire, mail_server):
    people = [hire(f"2{n:05}", "员工", "teller", email=f"t{n}@bank.example") for n in range(5)]
    actions.notify(people, "test", "News", key="a", channels=("bell", "email"), urgent=True)
    assert outbox.deliver() == {State.SENT: 5}
    assert len({message["To"] for message in mail_server.messages}) == 5


def test_a_server_that_says_later_gets_the_message_later_with_growing_pauses(told, mail_server):
    delivery = told()
    for attempt, seconds in ((1, 30), (2, 60)):
        mail_server.replies["END"] = "451 later"
        outbox.deliver()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts, delivery.error) == (State.PENDING, attempt, "SMTP 451")
        wait = (delivery.next_try_at - timezone.now()).total_seconds()
        assert seconds - 5 < wait <= seconds
        assert outbox.deliver() == {}
        later(delivery)
    outbox.deliver()
    delivery.refresh_from_db()
    assert delivery.state == State.SENT
    assert len(mail_server.messages) == 1


@pytest.mark.parametrize("step", ["RCPT", "END"])
def test_a_server_that_says_never_is_not_asked_again(told, mail_server, step):
    delivery = told()
    mail_server.replies[step] = "550 no such person"
    outbox.deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.FAILED, "SMTP 550")


def test_without_a_mail_server_one_attempt_a_run_is_lost_and_webhooks_go_on(
    told, settings, hook, hire, mail_server
):
    settings.EMAIL_PORT = 1  # nobody listens
    told()
    teller = hire("200001", "员工", "teller", email="t@bank.example")
    actions.notify([teller], "test", "News", key="b", channels=("bell", "email", "webhook"), urgent=True)
    assert outbox.deliver() == {State.PENDING: 1, State.SENT: 1}
    assert sum(Delivery.objects.filter(channel="email").values_list("attempts", flat=True)) == 1
    assert len(hook.received) == 1


def test_after_eight_attempts_it_is_given_up_and_seen(told, mail_server):
    delivery = told()
    Delivery.objects.update(attempts=rules.MAX_ATTEMPTS - 1)
    mail_server.replies["END"] = "451 later"
    outbox.deliver()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.FAILED, "SMTP 451")
    assert outbox.send_again(Delivery.objects.all()) == 1
    outbox.deliver()
    assert len(mail_server.messages) == 1


def test_a_message_that_kills_its_worker_is_given_up_too(told, mail_server):
    told()
    Delivery.objects.update(attempts=rules.MAX_ATTEMPTS, state=State.SENDING, next_try_at=timezone.now())
    assert outbox.deliver() == {State.FAILED: 1}
    assert not mail_server.messages


def test_a_line_cut_after_the_end_is_unclear_and_not_sent_again(told, mail_server):
    delivery = told()
    mail_server.server.mails.accept = lambda content: (_ for _ in ()).throw(ConnectionAbortedError)
    outbox.deliver()
    delivery.refresh_from_db()
    assert delivery.state == State.UNCLEAR
    later(delivery)
    assert outbox.deliver() == {}


def test_an_overtaken_worker_never_completes_its_message(told, mail_server):
    told()
    slow = outbox.claim(timezone.now())
    Delivery.objects.update(next_try_at=timezone.now())  # its lease is over
    quick = outbox.claim(timezone.now())
    assert quick.pk == slow.pk
    with pytest.raises(outbox.LeaseLost):
        outbox.hand_over(slow)
    outbox.hand_over(quick)


def test_one_who_left_meanwhile_is_not_written_to(told, mail_server, wealth):
    delivery = told()
    wealth.is_active = False
    wealth.save()
    outbox.deliver()
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    assert not mail_server.messages


def test_a_webhook_is_signed_and_carries_numbers_only(told, hook, settings, wealth):
    delivery = told("webhook")
    assert outbox.deliver() == {State.SENT: 1}
    ((headers, body),) = hook.received
    assert headers["Idempotency-Key"] == f"delivery-{delivery.pk}"
    stamp, signature = headers["X-Rmflow-Signature"].split(",v1=")
    signed = stamp.removeprefix("t=").encode() + b"." + body
    expected = hmac.new(settings.WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signature, expected)
    said = json.loads(body)
    assert said["employee_no"] == wealth.employee_no
    assert said["kind"] == "referral.waiting"
    assert "刘" not in body.decode()


def test_a_second_attempt_has_the_same_idempotency_key(told, hook):
    delivery = told("webhook")
    hook.answers.append((503, {}))
    outbox.deliver()
    later(delivery)
    outbox.deliver()
    keys = [headers["Idempotency-Key"] for headers, _body in hook.received]
    assert keys == [f"delivery-{delivery.pk}"] * 2
    delivery.refresh_from_db()
    assert delivery.state == State.SENT


@pytest.mark.parametrize(
    ("answer", "state"),
    [(201, State.SENT), (400, State.FAILED), (404, State.FAILED), (429, State.PENDING), (500, State.PENDING)],
)
def test_the_receivers_answer_decides(told, hook, answer, state):
    delivery = told("webhook")
    hook.answers.append((answer, {}))
    outbox.deliver()
    delivery.refresh_from_db()
    assert delivery.state == state


def test_each_branch_may_have_an_address_of_its_own(told, hook, settings, wealth):
    settings.WEBHOOK_URL = settings.WEBHOOK_URL.replace("/news", "/{branch}")
    told("webhook")
    outbox.deliver()
    assert hook.paths == [f"/{wealth.home_branch.code}?from=rmflow"]


def test_a_redirect_is_not_followed(told, hook):
    told("webhook")
    hook.answers.append((302, {"Location": hook_address(hook)}))
    assert outbox.deliver() == {State.FAILED: 1}
    assert len(hook.received) == 1


def hook_address(hook):
    return f"http://127.0.0.1:{hook.server_port}/other"


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:1/",
        "file:///etc/passwd",
        "http://user:word@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://im.bank.example@127.0.0.1/",
    ],
)
def test_only_hosts_on_the_list_are_ever_posted_to(told, hook, settings, url):
    settings.WEBHOOK_URL = url
    told("webhook")
    assert outbox.deliver() == {State.FAILED: 1}
    assert not hook.received


def test_in_production_a_webhook_is_encrypted_or_not_sent(told, hook, settings):
    settings.PRODUCTION = True
    told("webhook")
    assert outbox.deliver() == {State.FAILED: 1}
    assert not hook.received


def test_an_unsigned_webhook_is_not_sent(told, hook, settings):
    settings.WEBHOOK_SECRET = ""
    told("webhook")
    assert outbox.deliver() == {State.FAILED: 1}
    assert not hook.received


def test_a_lease_that_runs_is_respected(told, mail_server):
    told()
    now = timezone.now()
    assert outbox.claim(now)
    assert outbox.claim(now + rules.LEASE - timedelta(seconds=1)) is None
    assert outbox.claim(now + rules.LEASE)


def test_two_processes_send_each_message_once(mail_server, hire, pair):
    people = [hire(f"2{n:05}", "员工", "teller", email=f"t{n}@bank.example") for n in range(20)]
    actions.notify(people, "test", "News", key="a", channels=("bell", "email"), urgent=True)
    both = pair("deliver")
    assert sum(counts.get(State.SENT, 0) for counts in both) == 20
    assert len(mail_server.messages) == 20
    assert len({message["Message-ID"] for message in mail_server.messages}) == 20
