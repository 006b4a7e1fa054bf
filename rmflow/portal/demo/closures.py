"""Closures and openings of the demo, lived through their actions at the hour they would have had."""

import datetime
import random
from decimal import Decimal

from clients.models import Client, Product
from clients.rules import ClientType
from complaints.actions import closure_months, closure_record, closures, movements, openings
from complaints.models import Destination, MovementRule, Opening, OpeningKind
from complaints.rules.closures import Measure, Movement, Reason, Result
from complaints.rules.openings import State
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Role
from rmflow.workdays.current import calendar
from rmflow.workflow import Refused

from .moment import at

CASES = {"0817": 26, "0818": 16, "0819": 4, "0821": 3}
BACK = 64  # days
WATCHED = {
    "day_out": {"share": None, "amount": 800_000},
    "month_drop": {"share": 80, "amount": 1_000_000},
    "below_tier": {"share": 60},
    "maturing": {"amount": 500_000},
}
MOVES = {
    Movement.CLOSURE: 34,
    Movement.OUTFLOW: 30,
    Movement.MATURED: 22,
    Movement.CARD: 8,
    Movement.DORMANT: 6,
}
REASONS = {
    Reason.RATES: 30, Reason.RIVAL: 18, Reason.FUNDS: 22, Reason.DISTANCE: 9, Reason.PRODUCTS: 8,
    Reason.SERVICE: 5, Reason.FEES: 4, Reason.FAMILY: 4,
}  # fmt: skip
TALKS = (
    (Measure.TALK, "到柜面面谈，了解到他行三年期利率更高"),
    (Measure.RATE, "申请大额存单专属额度，利率上浮 10 个基点"),
    (Measure.CALL, "电话联系，客户同意保留一半资金"),
    (Measure.PLAN, "重新做资产配置，留存部分转大额存单"),
    (Measure.FEE, "减免账户管理费和短信费"),
)
NOTES = (
    "客户搬家到花溪，离网点较远",
    "孩子下月出国留学，资金用于购汇",
    "同小区他行上门营销，送礼品",
    "购房首付款",
)
ENDINGS = {Result.KEPT: 28, Result.PARTLY: 30, Result.LOST: 22, Result.SERVED: 20}
TOLD = ("女儿明年升学，想存教育金", "想了解大额存单", "退休金改到我行代发", "年底有一笔拆迁款到账")


def prepare_openings(branches, today, now, seed):
    """Openings of the last week: carried out with their deals, one at the counter, one being prepared."""
    rng = random.Random(seed + 140)  # noqa: S311  # nosec B311
    for code, count in (("0817", 8), ("0818", 5)):
        branch, kinds = branches[code], list(OpeningKind.objects.all())
        for number in range(count):
            last = count - 1 - number
            moment = _hour(rng, today - datetime.timedelta(days=last), now)
            if last <= 1:
                moment = now - datetime.timedelta(minutes=20 + 9 * last)  # under way as one looks
            _open(branch, rng.choice(kinds), moment, rng, last=last)


def _open(branch, kind, moment, rng, *, last):
    """One opening; the last two of a branch stay under way."""
    manager = _pick(rng, branch, Role.WEALTH_MANAGER)
    if last <= 1 and branch.code == "0817":
        manager = User.objects.get(employee_no="wealth1")
    teller = _pick(rng, branch, Role.TELLER)
    client = _premium(branch, rng, owner=manager)
    if moment is None or manager is None or teller is None or client is None:
        return
    with at(moment):
        opening = openings.prepare(client.pk, kind, by=manager)
        forms = list(opening.forms.filter(required=True))
        for form in forms if last != 0 else forms[:1]:
            openings.tick(opening.pk, form.pk, by=manager)
        if last == 0:
            return
        openings.learn(opening.pk, by=manager, wants=rng.choice(TOLD))
        _offers(opening, manager, rng)
        openings.step("ready", opening.pk, by=manager)
    with at(moment + datetime.timedelta(minutes=6)):
        openings.step("seat", opening.pk, by=manager)
    if last == 1:
        return
    with at(moment + datetime.timedelta(minutes=rng.randint(14, 31))):
        tail = f"尾号 {rng.randint(1000, 9999)}"
        marks = {"accurate": rng.random() < 0.95, "first_time": rng.random() < 0.9}
        openings.execute(opening.pk, by=teller, account=tail, **marks)


def _offers(opening, manager, rng):
    """Each product agreed or declined by itself; one for which the gate says no is left alone."""
    product = Product.objects.filter(code__in=("CK0301", "DE0320")).order_by("code").first()
    openings.offer(opening.pk, product, by=manager)
    for offer in opening.offers.order_by("pk"):
        agreed = rng.random() < 0.45
        amount = Decimal(rng.choice((50_000, 100_000, 200_000))) if agreed else None
        try:
            words = {"answer": "agreed" if agreed else "declined", "amount": amount}
            openings.answer(opening.pk, offer.pk, by=manager, **words)
        except Refused:
            continue


def make(branches, today, now, seed):
    """Cases of the last two months, the sets of the months handed in, the last night's watch, cases of today."""
    rng = random.Random(seed + 141)  # noqa: S311  # nosec B311
    for code, count in CASES.items():
        days = sorted(rng.randint(1, BACK) for _n in range(count))
        for back in reversed(days):
            moment = _hour(rng, today - datetime.timedelta(days=back), now)
            if moment is not None:
                _case(branches[code], branches, moment, rng)
    _months(today)
    _night(today, now)
    _today(branches, now, rng)


def _case(branch, branches, moment, rng):
    """One case from the counter to its end."""
    client = _premium(branch, rng)
    counter = branch if rng.random() < 0.8 else branches["0818" if branch.code == "0817" else "0817"]
    teller, manager = _pick(rng, counter, Role.TELLER), client and client.owner
    if teller is None or manager is None:
        return
    result = rng.choices(list(ENDINGS), weights=list(ENDINGS.values()))[0]
    ordinary = result == Result.SERVED
    movement = rng.choices(list(MOVES), weights=list(MOVES.values()))[0]
    with at(moment):
        words = {"movement": movement, "suspicion": "ordinary" if ordinary else "churn"}
        case, _seen, new = closures.flag(client.pk, by=teller, went_on=rng.random() < 0.3, **words)
    if not new:
        return
    head = _pick(rng, branch, Role.BRANCH_HEAD)
    keeper = _keep(case, manager, head, moment, rng, result=result)
    with at(moment + datetime.timedelta(minutes=rng.randint(35, 90))):
        facts = _record(result, moment, rng)
        if case.aum_before is None:  # no balances yet: the keeper writes down what the client says
            facts["aum_before"] = facts["amount"] * 2
        closure_record.end(case.pk, by=keeper, result=result, **facts)


def _keep(case, manager, head, moment, rng, *, result):
    """The ladder: claim, judge, measures, and sometimes the head; before a client is lost always."""
    ordinary = result == Result.SERVED
    soon = moment + datetime.timedelta(minutes=rng.randint(1, 8))
    with at(soon):
        closures.step("claim", case.pk, by=manager)
        closures.step("normal" if ordinary else "churn", case.pk, by=manager)
        if ordinary:
            return manager
        kind, text = rng.choice(TALKS)
        closure_record.add_measure(case.pk, by=manager, kind=kind, text=text)
    if result != Result.LOST and (head is None or rng.random() < 0.6):
        return manager
    with at(soon + datetime.timedelta(minutes=9)):
        closures.step("call_head", case.pk, by=manager, note="客户去意已决")
    if head is None:
        return manager
    with at(soon + datetime.timedelta(minutes=14)):
        closures.step("step_in", case.pk, by=head)
        closure_record.add_measure(case.pk, by=head, kind=Measure.HEAD_TALK, text="负责人面谈，答复利率申请")
    return head


def _record(result, moment, rng):
    """A whole record that goes with the result."""
    amount = Decimal(rng.choice((80, 120, 200, 300, 450, 600, 900))) * 1000
    saved = {Result.KEPT: amount, Result.PARTLY: (amount * rng.randint(3, 7) / 10).quantize(Decimal(1))}
    stayed = saved.get(result, Decimal(0))
    facts = {
        "account": f"尾号 {rng.randint(1000, 9999)}",
        "amount": amount,
        "reason": rng.choices(list(REASONS), weights=list(REASONS.values()))[0],
        "accurate": rng.random() < 0.9,
        "first_time": rng.random() < 0.88,
        "note": rng.choice(NOTES) if rng.random() < 0.5 else "",
    }
    if result == Result.SERVED:
        return facts
    destination = rng.choice(list(Destination.objects.all()[:8])) if result != Result.KEPT else None
    product = rng.choice(list(Product.objects.filter(code__in=("CK0301", "DE0320", "LC1007", "LC2180"))))
    day = calendar().on_or_after(moment.date() + datetime.timedelta(days=rng.choice((14, 30, 60))))
    back = [day] if result in (Result.PARTLY, Result.LOST) else []
    money = {"saved": stayed, "lost": amount - stayed}
    return {**facts, **money, "destination": destination, "product": product, "win_back": back}


def _months(today):
    """The sets of the last two months, the older one received by the supervisor."""
    first = today.replace(day=1)
    before = (first - datetime.timedelta(days=1)).replace(day=1)
    for start in (before, first):
        day = calendar().on_or_after(start)
        if day > today:
            continue
        with at(datetime.datetime.combine(day, datetime.time(7, 50), tzinfo=BANK_TIME)):
            closure_months.hand_in_due(today=day, calendar=calendar())
        if start == before:
            with at(datetime.datetime.combine(day, datetime.time(16, 20), tzinfo=BANK_TIME)):
                for made in closure_months.ClosureMonth.objects.select_related("branch"):
                    supervisor = User.objects.holding_at(made.branch_id, Role.SUPERVISOR).first()
                    if supervisor is not None:
                        closure_months.receive(made.pk, by=supervisor)


def _night(today, now):
    """Last night's watch. This bank has set higher thresholds: invented balances move more than real ones."""
    for trigger, facts in WATCHED.items():
        MovementRule.objects.filter(trigger=trigger).update(**facts)
    with at(min(now, datetime.datetime.combine(today, datetime.time(5, 20), tzinfo=BANK_TIME))):
        movements.watch(night=today, now=min(now, _at(today, 5, 20)), calendar=calendar())


def _today(branches, now, rng):
    """What makes the first look lively: one waits for its manager, one for the head, one is being kept."""
    branch = branches["0817"]
    manager = User.objects.get(employee_no="wealth1")
    teller = User.objects.get(employee_no="teller1")
    for minutes, steps in ((3, ()), (26, ("claim", "churn", "call_head")), (48, ("claim", "churn"))):
        moment = now - datetime.timedelta(minutes=minutes)
        client = _premium(branch, rng, owner=manager)
        if moment.date() != now.date() or client is None:
            continue
        with at(moment):
            case, *_rest = closures.flag(client.pk, by=teller, movement="closure", suspicion="churn")
        with at(moment + datetime.timedelta(minutes=2)):
            for step in steps:
                closures.step(step, case.pk, by=manager)
            if steps == ("claim", "churn"):
                kind, text = TALKS[1]
                closure_record.add_measure(case.pk, by=manager, kind=kind, text=text)


def _premium(branch, rng, owner=None):
    """A premium client of the branch without an open case or opening; None when there is none."""
    found = Client.objects.filter(branch=branch, type=ClientType.EXISTING_PREMIUM, owner__isnull=False)
    found = found.exclude(closures__state__in=("flagged", "called", "claimed", "retaining", "head"))
    found = found.exclude(pk__in=Opening.objects.exclude(state=State.EXECUTED).values("client"))
    found = found.filter(owner=owner) if owner else found
    ids = list(found.order_by("pk").values_list("pk", flat=True)[:200])
    return Client.objects.select_related("owner").get(pk=rng.choice(ids)) if ids else None


def _pick(rng, branch, role):
    people = list(User.objects.holding_at(branch.pk, role).order_by("pk"))
    return rng.choice(people) if people else None


def _hour(rng, day, now):
    """A moment of a working day's counter hours that has passed; None on days off."""
    if not calendar().is_working(day):
        return None
    moment = _at(day, rng.randint(9, 16), rng.randint(0, 59))
    return moment if moment + datetime.timedelta(minutes=95) < now else None


def _at(day, hour, minute):
    return datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=BANK_TIME)
