"""What closed complaints of the demo lead to: sales chances (W3-09), and one sign of leaving (§7.4)."""

import datetime
import random
from decimal import Decimal

from clients.models import Client, Product
from complaints.actions import complaint_reply as replies
from complaints.actions import complaint_work as work
from complaints.actions import movements
from complaints.models import MovementRule
from complaints.rules.closures import NIGHT_CLAIM_AT, OPEN, night_claim_due_at
from followups.actions import chances
from rmflow.staff.models import BANK_TIME, User
from rmflow.workdays.current import calendar

from .complaints import MATTERS, _codes, _take, _time
from .moment import at

#: Working days back, which matter, product, amount, days until expected, what was heard, how it ended.
SEEN = (
    (16, 3, "CK0301", 200_000, 20, "定期下月到期，想了解大额存单", ""),
    (12, 1, "DE0320", 300_000, 9, "对利率敏感，可比较三年期", "take"),
    (9, 5, "LC1007", 150_000, 30, "希望收益稳健、随时可取", ""),
    (22, 0, "LC2180", 100_000, 15, "已了解产品期限", "drop"),
)


def make(branch, today):
    """Four closed complaints with a chance each: two wait, one is on the plan, one was dropped."""
    days = calendar()
    lobby, manager = (User.objects.get(employee_no=number) for number in ("lobby1", "wealth1"))
    people = Client.objects.filter(
        branch=branch, type="existing_premium", owner=manager, do_not_contact=False
    )
    people = list(people.order_by("-pk")[: len(SEEN)])
    for client, (back, matter, code, amount, ahead, note, ended) in zip(people, SEEN, strict=False):
        taken = _time(days.subtract(days.on_or_after(today), back), 10, 25)
        words = MATTERS[matter]
        made = _take(words, by=lobby, moment=taken, name=client.name, client_id=client.pk)
        with at(taken + datetime.timedelta(minutes=35)):
            work.set_plan(made.pk, by=lobby, key_point=words[4], plan="调取记录，联系客户，当日答复")
            work.classify(made.pk, by=lobby, **_codes(words, random.Random(back)))  # noqa: S311  # nosec B311
        with at(taken + datetime.timedelta(minutes=50)):
            replies.reply(
                made.pk,
                by=lobby,
                way="phone",
                text=words[6],
                basis="本行服务规范与产品合同",
                finding=words[5],
            )
        with at(taken + datetime.timedelta(hours=27)):
            replies.call_back(made.pk, by=lobby, satisfaction="satisfied")
            replies.trace(made.pk, by=lobby, root_cause=words[7], responsibility="网点管理责任")
            replies.close(made.pk, by=lobby)
            product = Product.objects.get(code=code)
            seen = replies.open_chance(
                made.pk,
                by=lobby,
                product_id=product.pk,
                note=note,
                amount=Decimal(amount),
                expected_on=days.on_or_after(today + datetime.timedelta(days=ahead)),
            )
        if ended == "take":
            with at(taken + datetime.timedelta(hours=29)):
                chances.take(seen.pk, by=manager)
        elif ended == "drop":
            with at(taken + datetime.timedelta(hours=30)):
                chances.drop(seen.pk, by=manager, reason="客户决定先还房贷，明年再谈")


def sign(branch, today, now):
    """A premium client whom the answer did not satisfy: last night's watch asks the manager to take care."""
    days = calendar()
    lobby, manager = (User.objects.get(employee_no=number) for number in ("lobby1", "wealth1"))
    people = Client.objects.filter(branch=branch, type="existing_premium", owner=manager)
    client = people.exclude(closures__state__in=OPEN).exclude(complaints__isnull=False).order_by("pk").first()
    taken = _time(days.subtract(days.on_or_after(today), 6), 9, 40)
    words = MATTERS[2]
    made = _take(words, by=lobby, moment=taken, name=client.name, client_id=client.pk)
    with at(taken + datetime.timedelta(hours=3)):
        replies.reply(
            made.pk, by=lobby, way="phone", text=words[6], basis="本行服务规范与产品合同", finding=words[5]
        )
    with at(taken + datetime.timedelta(hours=27)):
        replies.call_back(made.pk, by=lobby, satisfaction="not")
    night = min(now, datetime.datetime.combine(today, datetime.time(5, 20), tzinfo=BANK_TIME))
    due = night_claim_due_at(today, at=NIGHT_CLAIM_AT, calendar=days, zone=BANK_TIME)
    rules = list(MovementRule.objects.filter(trigger="complaint"))
    with at(night):
        movements.watch_branch(branch, rules, night=today, now=night, due=due, card=None)
