"""Branches, staff and roles of the demo."""

import datetime

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from rmflow.staff.models import Branch, RoleHolding, User, bank_today
from rmflow.staff.permissions import Role

#: The password of every demo account; there is no real data behind it.
PASSWORD = "Demo-2026-day"  # noqa: S105  # nosec B105
SINCE = datetime.date(2024, 1, 1)

BRANCHES = (
    ("0817", "中山路支行", "贵阳市云岩区中山西路 18 号"),
    ("0818", "人民路支行", "贵阳市南明区人民大道 66 号"),
    ("0819", "花果园支行", "贵阳市南明区花果园大街 3 号"),
    ("0820", "观山湖支行", "贵阳市观山湖区观山西路 9 号"),
    ("0821", "小河支行", "贵阳市花溪区长江路 21 号"),
    ("0822", "北京路支行", "贵阳市云岩区北京路 102 号"),
)

#: login, name, role, counter; the suffix of the branch is put behind the named accounts
FULL = {
    "0817": (
        ("teller1", "何丽萍", Role.TELLER, "cash"),
        ("081711", "罗涛", Role.TELLER, "cash"),
        ("081712", "冯雪", Role.TELLER, "non_cash"),
        ("081713", "石磊", Role.TELLER, "cash"),
        ("lobby1", "周敏", Role.LOBBY_MANAGER, ""),
        ("081721", "苏颖", Role.LOBBY_MANAGER, ""),
        ("wealth1", "林晓燕", Role.WEALTH_MANAGER, ""),
        ("081731", "陈志远", Role.WEALTH_MANAGER, ""),
        ("081732", "杨帆", Role.WEALTH_MANAGER, ""),
        ("marketing1", "吴婷", Role.MARKETING_MANAGER, ""),
        ("head1", "高建平", Role.BRANCH_HEAD, ""),
        ("supervisor1", "谢慧敏", Role.SUPERVISOR, ""),
        ("archivist1", "潘玉兰", Role.ARCHIVIST, ""),
    ),
    "0818": (
        ("teller2", "曾佳怡", Role.TELLER, "cash"),
        ("081811", "田磊", Role.TELLER, "cash"),
        ("081812", "马晓红", Role.TELLER, "non_cash"),
        ("lobby2", "孙立军", Role.LOBBY_MANAGER, ""),
        ("wealth2", "黄文静", Role.WEALTH_MANAGER, ""),
        ("081831", "徐浩", Role.WEALTH_MANAGER, ""),
        ("marketing2", "许倩", Role.MARKETING_MANAGER, ""),
        ("head2", "郑海涛", Role.BRANCH_HEAD, ""),
        ("supervisor2", "唐丽娟", Role.SUPERVISOR, ""),
        ("archivist2", "蔡桂兰", Role.ARCHIVIST, ""),
    ),
}
SMALL = (("11", Role.TELLER, "cash"), ("21", Role.LOBBY_MANAGER, ""), ("31", Role.WEALTH_MANAGER, ""))
SMALL_NAMES = ["彭勇", "叶芳", "程杰", "魏静", "姚鹏", "卢丹", "姜明", "崔敏", "钟涛", "谭雯", "陆军", "汪娟"]
ABOVE = (
    ("region1", "范国栋", Role.REGION_HEAD, "region"),
    ("complaints1", "金雅琴", Role.COMPLAINT_OFFICE, "office"),
    ("phone1", "丁雨欣", Role.PHONE_AGENT, "office"),
    ("ebank1", "任俊杰", Role.EBANK_MANAGER, "0817"),
    ("admin1", "沈伟", Role.ADMIN, "office"),
    ("security1", "吕倩", Role.SECURITY_ADMIN, "office"),
    ("auditor1", "袁振华", Role.AUDITOR, "office"),
)


def make() -> dict[str, Branch]:
    """Make branches, people and roles; returns the branches by code (and "office", "region")."""
    branches = _branches()
    hashed = make_password(PASSWORD)
    for code, rows in FULL.items():
        for number, name, role, counter in rows:
            _hire(number, name, role, branches[code], counter, hashed)
    names = iter(SMALL_NAMES)
    for code, _name, _address in BRANCHES[2:]:
        for suffix, role, counter in SMALL:
            _hire(code + suffix, next(names), role, branches[code], counter, hashed)
    for number, name, role, place in ABOVE:
        _hire(number, name, role, branches[place], "", hashed)
    return branches


def _branches():
    kinds = Branch.Kind
    office = Branch.objects.create(code="0001", name="总行", kind=kinds.HEAD_OFFICE)
    region = Branch.objects.create(code="0800", name="贵州省分行", kind=kinds.REGION, parent=office)
    city = Branch.objects.create(code="0810", name="贵阳市分行", kind=kinds.CITY, parent=region)
    branches = {"office": office, "region": region}
    for code, name, address in BRANCHES:
        branches[code] = Branch.objects.create(code=code, name=name, address=address, parent=city)
    return branches


def _hire(number, name, role, branch, counter, hashed):
    user = User(
        employee_no=number,
        name=name,
        home_branch=branch,
        counter=counter,
        availability=User.Availability.FREE,
        availability_since=timezone.now(),
        must_change_password=False,
    )
    user.password = hashed
    user.save()
    RoleHolding.objects.create(
        user=user, role=role, branch=branch, valid_from=SINCE, review_on=_review(number)
    )


def _review(number):
    """Most roles were looked at this half year; a few are due, as on any Monday."""
    late = {"marketing2": -12, "supervisor2": -3, "phone1": 0, "admin1": 0}.get(number)
    days = late if late is not None else 20 + sum(number.encode()) % 60
    return bank_today() + datetime.timedelta(days)
