"""The archive register and requests about data: files in the cabinet, loans, a check, lists, clocks."""

import datetime
import random

from django.db import connection

from clients.actions import assessments, checks, destruction, holds, lending, retention, rights
from clients.actions import custody as register
from clients.custody_rules import Finding, Grade
from clients.models import Archive, Client, FileSerial, Profile
from clients.rules import ClientType, file_number
from clients.scoring.months import first_of
from rmflow.staff.models import BANK_TIME, User
from rmflow.workdays import clock, current

from . import words
from .moment import at

#: Archives opened before the last two weeks stand in the cabinet: twenty to a box, in the order of numbers.
FILED = """
    UPDATE clients_archive a SET state = 'filed', filed_at = a.opened_at + interval '1 day', filed_by_id = n.keeper,
           place = 'A-' || lpad((n.place / 100 + 1)::text, 2, '0') || '-' || lpad((n.place / 20 %% 5 + 1)::text, 2, '0')
      FROM (SELECT b.id, row_number() OVER (PARTITION BY b.branch_id ORDER BY b.file_no) AS place,
                   coalesce((SELECT h.user_id FROM staff_roleholding h WHERE h.role = 'archivist'
                             AND h.branch_id = b.branch_id ORDER BY h.user_id LIMIT 1), b.opened_by_id) AS keeper
              FROM clients_archive b WHERE b.state = 'opened' AND b.opened_at < %s) n
     WHERE n.id = a.id
"""
EVENTS = """
    INSERT INTO clients_custodyevent (archive_id, branch_id, link, name, at, by_id, reason, data)
    SELECT id, branch_id, 'filing', 'filed', filed_at, filed_by_id, '', jsonb_build_object('place', place)
      FROM clients_archive WHERE state = 'filed'
"""
FORMER = 12  # former clients of the first branch, their ten years over
PURPOSES = ("年度回访前核对资料", "补录家庭信息", "理财到期沟通", "客户更新证件")


def make(branches, rng: random.Random, today: datetime.date):
    """The register of every branch in bulk; the work of the last days at the first one by the actions."""
    with connection.cursor() as cursor:
        cursor.execute(FILED, [_hour(today - datetime.timedelta(days=14))])
        cursor.execute(EVENTS)
    branch, calendar = branches["0817"], current.calendar()
    cast = {name: User.objects.get(employee_no=f"{name}1") for name in ("archivist", "head", "supervisor")}
    cast |= {name: User.objects.get(employee_no=f"{name}1") for name in ("wealth", "lobby")}
    with at(_hour(calendar.subtract(today, 15))):
        former = _former(branch, rng, today)
        retention.review(branch, year=today.year)
    with at(_hour(calendar.subtract(today, 8))):
        _lent(branch, cast, calendar, today)
        _destroyed(branch, cast, former[:4])
    with at(_hour(calendar.subtract(today, 3))):
        _checked(branch, cast)
        _requests(branch, cast)
        _assessed(branch, cast, today)
    with at(_hour(calendar.subtract(today, 1))):
        holds.hold_by_hand(former[4].pk, by=cast["archivist"], kind="dispute", reason="继承纠纷，法院已立案")
        waiting = [archive.pk for archive in former[5:9]]
        destruction.propose(branch, by=cast["archivist"], archive_ids=waiting, reason="保管期满，年度清理")


def _hour(day):
    return datetime.datetime.combine(day, datetime.time(10, 20), tzinfo=BANK_TIME)


def _former(branch, rng, today):
    """Former clients whose relation ended more than ten years ago."""
    year, made = today.year - 16, []
    keeper = User.objects.get(employee_no="archivist1")
    for number in range(1, FORMER + 1):
        name, salutation = words.person(rng)[:2]
        opened = datetime.datetime(year, rng.randint(1, 12), rng.randint(1, 28), 10, tzinfo=BANK_TIME)
        client = Client(
            branch=branch,
            salutation=salutation,
            type=ClientType.ORDINARY,
            created_at=opened,
            do_not_contact=True,
        )
        client.put_name(name)
        client.save()
        Profile.objects.create(
            client=client,
            relation_ended_on=datetime.date(today.year - 11, rng.randint(1, 6), rng.randint(1, 28)),
        )
        made.append(
            Archive(
                client=client,
                file_no=file_number(branch.code, year, number),
                branch=branch,
                opened_at=opened,
                opened_by=keeper,
                state="filed",
                place=f"Z-01-{number // 6 + 1:02d}",
                filed_at=opened,
                filed_by=keeper,
            )
        )
    Archive.objects.bulk_create(made)
    FileSerial.objects.create(branch=branch, year=year, last=FORMER)
    return made


def _lent(branch, cast, calendar, today):
    """Loans: one late, one that will be due, one returned, one that waits for approval."""
    files = Archive.objects.filter(branch=branch, state="filed", client__owner=cast["wealth"]).order_by("pk")
    files = list(files.select_related("client")[:3])
    for archive, purpose, days in zip(files, PURPOSES, (3, 10, 4), strict=False):
        due = calendar.add(calendar.subtract(today, 8), days)
        loan = lending.lend(
            archive.pk, by=cast["archivist"], borrower=cast["wealth"], purpose=purpose, due_on=due
        )
    lending.take_back(loan.pk, by=cast["archivist"], note="材料齐全")
    others = Archive.objects.filter(branch=branch, state="filed").exclude(client__owner=cast["wealth"])
    other = others.filter(client__owner__isnull=False).order_by("pk").first()
    due = calendar.add(today, 2)
    lending.lend(other.pk, by=cast["archivist"], borrower=cast["wealth"], purpose="代班接待", due_on=due)


def _destroyed(branch, cast, files):
    """A list that was carried out."""
    batch = destruction.propose(
        branch, by=cast["archivist"], archive_ids=[archive.pk for archive in files], reason="保管期满"
    )
    destruction.approve(batch.pk, by=cast["supervisor"])
    destruction.order(batch.pk, by=cast["head"])
    destruction.begin(
        batch.pk, by=cast["archivist"], witness_id=cast["lobby"].pk, method="网点碎纸机销毁，系统信息匿名化"
    )
    destruction.witness(batch.pk, by=cast["lobby"])


def _checked(branch, cast):
    """A signed check with one fault that is still open; papers added to a file, a file moved."""
    round = checks.begin(branch, by=cast["archivist"])
    items = list(round.items.order_by("pk"))
    found = {item.pk: (Finding.OK, "") for item in items[1:]}
    found[items[0].pk] = (Finding.INCOMPLETE, "缺风险测评问卷")
    checks.put_findings(round.pk, by=cast["archivist"], findings=found)
    checks.sign(round.pk, by=cast["archivist"], note="抽查八份，一份缺材料")
    archive = Archive.objects.filter(branch=branch, state="filed").order_by("-pk").first()
    register.add_papers(archive.pk, by=cast["archivist"], what="身份证复印件 1 页，客户经理移交")
    register.store(archive.pk, by=cast["archivist"], place="B-01-01", reason="A 柜已满")


def _requests(branch, cast):
    """Three requests: answered, to be settled, and a deletion that the law keeps."""
    clients = Client.objects.filter(branch=branch, owner=cast["wealth"], customer_no__isnull=False).order_by(
        "pk"
    )
    day = {"applicant": "self", "identity": "document"}
    wishes = (
        ("see", "查阅本人在本行留存的信息"),
        ("delete", "不再办理业务，要求删除"),
        ("explain", "为何调整了层级"),
    )
    for client, (kind, wish) in zip(clients[:3], wishes, strict=True):
        row = rights.take(client.pk, by=cast["lobby"], kind=kind, wish=wish, received_on=clock.today(), **day)
        if kind == "see":
            rights.settle(row.pk, by=cast["head"], outcome="granted")
            rights.answer(row.pk, by=cast["lobby"], way="counter")


def _assessed(branch, cast, today):
    """Last month's grade of one manager, to be confirmed."""
    month = first_of(today, back=1)
    note = "档案齐全，个别借阅超期"
    who = {"by": cast["archivist"], "manager_id": cast["wealth"].pk}
    assessments.assess(branch, month=month, grade=Grade.GOOD, note=note, **who)
