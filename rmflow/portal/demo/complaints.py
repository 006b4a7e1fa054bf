"""Complaints of fourteen months and a desk that is busy today, all through the actions (W3-07 to W3-12)."""

import datetime

from clients.models import Client
from complaints.actions import complaint_deadline as deadline
from complaints.actions import complaint_point as points
from complaints.actions import complaint_reply as replies
from complaints.actions import complaint_review as reviews
from complaints.actions import complaint_take, complaint_watch
from complaints.actions import complaint_work as work
from complaints.models import Complaint, ComplaintCode
from complaints.rules.complaint import Status
from complaints.rules.complaint_intake import Intake
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Role
from rmflow.workdays.current import calendar

from .matters import MATTERS, NAMES, SAID, WAYS
from .moment import at


def live(branches, rng, today, now):
    """The past month by month, then what lies on the desks today."""
    outlets = [branches[code] for code in ("0817", "0818", "0819", "0820")]
    people = {branch.pk: _people(branch) for branch in outlets}
    office = User.objects.get(employee_no="complaints1")
    for back in range(420, 15, -12):
        _past(rng, outlets, people, office, today - datetime.timedelta(days=back), back)
    _desk(branches["0817"], people[branches["0817"].pk], office, today, now)
    points.set_point(
        branches["0817"],
        by=people[branches["0817"].pk]["lobby"],
        window="一楼大堂 6 号窗口",
        person="周敏（大堂经理）",
        phone="0851-85500817",
        hours="营业时间 8:40 至 17:30",
        upper="贵州分行消费者权益保护部 0851-85500800",
    )
    _watch(today, now)


def _watch(today, now):
    """The warnings of the last week, each at its hour."""
    for back in range(7, -1, -1):
        for hour, minute in ((8, 30), (10, 40), (13, 10), (15, 20), (17, 35)):
            moment = _time(today - datetime.timedelta(days=back), hour, minute)
            if moment < now:
                with at(moment):
                    complaint_watch.tick(now=moment)


def _people(branch):
    """The lobby manager, a teller and a wealth manager of a branch."""
    roles = {"lobby": Role.LOBBY_MANAGER, "teller": Role.TELLER, "wealth": Role.WEALTH_MANAGER}
    return {
        name: User.objects.holding_at(branch.pk, role).order_by("pk").first() for name, role in roles.items()
    }


def _time(date, hour, minute=0):
    return datetime.datetime.combine(date, datetime.time(hour, minute), tzinfo=BANK_TIME)


def _codes(matter, rng):
    channel = rng.choice(("A11", "A11", "A12", "A15", "A14"))
    return {
        "channel_id": ComplaintCode.objects.get(kind="channel", code=channel).pk,
        "business_id": ComplaintCode.objects.get(kind="business", code=matter[2]).pk,
        "cause_id": ComplaintCode.objects.get(kind="cause", code=matter[3]).pk,
    }


def _take(matter, *, by, moment, name, way="counter", **more):
    with at(moment):
        return complaint_take.take(
            Intake(
                way=way,
                title=matter[0],
                request=matter[1],
                name=name,
                phone=f"139{abs(hash_of(name + matter[0])) % 10**8:08d}",
                **more,
            ),
            by=by,
        )


def hash_of(text):
    """The same number for the same text in every run."""
    return sum((place + 7) * ord(char) * 1009 for place, char in enumerate(text))


def _past(rng, outlets, people, office, date, back):
    """One complaint from receipt to closing; a few withdrawn, a few extended."""
    branch = outlets[back % len(outlets) if back % 5 else 0]
    mine, matter = people[branch.pk], MATTERS[rng.randrange(len(MATTERS))]
    handler = mine["lobby"]
    by = mine["teller"] or handler
    taken = _time(date, rng.choice((9, 10, 11, 14, 15, 16)), rng.randrange(60))
    made = _take(matter, by=by, moment=taken, name=rng.choice(NAMES), way=rng.choice(WAYS))
    kind = rng.random()
    if kind < 0.06:
        with at(taken + datetime.timedelta(hours=2)):
            work.withdraw(made.pk, by=handler, note="客户来电，问题已自行解决，撤回投诉")
        return
    days = calendar()
    with at(taken + datetime.timedelta(minutes=40)):
        work.set_plan(made.pk, by=handler, key_point=matter[4], plan="调取记录，联系客户，当日答复进展")
        work.classify(made.pk, by=handler, **_codes(matter, rng))
    last = days.add(date, rng.choice((1, 1, 2, 2, 3)))
    if kind > 0.88:
        with at(taken + datetime.timedelta(hours=1)):
            asked = deadline.ask_extension(made.pk, by=handler, reason="须总行条线出具说明")
            deadline.decide_extension(made.pk, asked.pk, by=office, grant=True, note="情况属实，同意延期")
            deadline.told_of_extension(made.pk, asked.pk, by=handler)
        last = days.add(date, 5)
    answered = (
        taken + datetime.timedelta(minutes=55) if 0.06 <= kind < 0.3 else _time(last, 11, rng.randrange(60))
    )
    with at(answered):
        replies.reply(
            made.pk,
            by=handler,
            way="phone",
            text=matter[6],
            basis="本行服务规范与产品合同",
            finding=matter[5],
        )
    with at(answered + datetime.timedelta(hours=26)):
        replies.call_back(made.pk, by=handler, satisfaction=rng.choice(SAID))
        replies.trace(made.pk, by=handler, root_cause=matter[7], responsibility="网点管理责任")
        replies.close(made.pk, by=handler)


def _desk(branch, people, office, today, now):
    """What waits today: a fresh one, one due, one extended, one at the office, one replied, one above."""
    days, lobby, teller = calendar(), people["lobby"], people["teller"]
    head = User.objects.holding_at(branch.pk, Role.BRANCH_HEAD).first()
    second = days.subtract(days.on_or_after(today), 2)
    third = days.subtract(days.on_or_after(today), 3)
    premium = Client.objects.filter(branch=branch, type="existing_premium").order_by("pk").first()
    extended = _take(
        MATTERS[0],
        by=teller,
        moment=_time(days.subtract(days.on_or_after(today), 4), 16, 40),
        name=premium.name,
        way="phone",
    )
    first_day = days.subtract(days.on_or_after(today), 4)
    with at(_time(first_day, 16, 52)):
        work.set_plan(
            extended.pk, by=lobby, key_point=MATTERS[0][4], plan="调取购买录音和赎回指令，核对到账规则"
        )
        work.add_note(extended.pk, by=lobby, note="电话安抚客户，告知 3 个工作日内答复")
    with at(_time(days.add(first_day, 2), 10, 12)):
        asked = deadline.ask_extension(extended.pk, by=lobby, reason="到账说明须总行理财部出具")
    with at(_time(days.add(first_day, 2), 14, 5)):
        deadline.decide_extension(
            extended.pk, asked.pk, by=office, grant=True, note="须总行理财部出具到账说明，同意"
        )
    with at(_time(days.add(first_day, 2), 15, 20)):
        deadline.told_of_extension(extended.pk, asked.pk, by=lobby)
    due = _take(MATTERS[1], by=teller, moment=_time(third, 10, 20), name="王秀珍")
    with at(_time(third, 11)):
        work.set_plan(due.pk, by=lobby, key_point=MATTERS[1][4])
    waiting = _take(MATTERS[7], by=teller, moment=_time(second, 9, 30), name="赵德明", way="regulator")
    with at(_time(second, 15)):
        deadline.ask_extension(waiting.pk, by=lobby, reason="须保险公司提供双录和回访录音")
    replied = _take(MATTERS[3], by=teller, moment=_time(second, 14, 10), name="孙玉梅", way="box")
    with at(_time(second, 16)):
        replies.reply(
            replied.pk,
            by=lobby,
            way="phone",
            text=MATTERS[3][6],
            basis="收费公示和协议约定",
            finding="partly",
        )
    _take(MATTERS[9], by=teller, moment=_time(second, 15, 30), name="周立军", named=[head.pk])
    fresh = min(now, _time(today, 16, 50))
    _take(MATTERS[5], by=teller, moment=fresh, name="吴桂英", named=[people["wealth"].pk])
    _take(
        MATTERS[1], by=teller, moment=min(now, _time(today, 9, 40)), name="王秀珍", way="phone"
    )  # once more
    _reviews(branch, office, today, now)


def _reviews(branch, office, today, now):
    """核查: one that the office has decided and nobody has told yet, one that came in this morning."""
    lately = Complaint.objects.filter(
        branch=branch, handler__isnull=False, replied_at__gte=now - datetime.timedelta(days=28)
    ).select_related("handler")
    asked_on = today - datetime.timedelta(days=6)
    before = lately.filter(status=Status.CLOSED, replied_at__lt=_time(asked_on, 9))
    closed = before.order_by("-replied_at").first()
    if closed:
        with at(_time(asked_on, 10, 5)):
            asked = reviews.ask_review(
                closed.pk, by=closed.handler, asked_on=asked_on, reason="客户书面提出：对处理结论不认可"
            )
        with at(_time(today - datetime.timedelta(days=1), 15, 30)):
            findings = "调阅原始记录并再次联系客户，原处理程序和依据无误"
            reviews.decide_review(closed.pk, asked.pk, by=office, outcome="confirmed", findings=findings)
    replied = lately.filter(status=Status.REPLIED).order_by("-replied_at").first()
    if replied:
        with at(min(now, _time(today, 9, 10))):
            reviews.ask_review(
                replied.pk, by=replied.handler, asked_on=today, reason="客户来函：未说明第三个月为何不退"
            )
