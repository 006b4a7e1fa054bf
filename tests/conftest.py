"""The fixed cast: two branches under one city, and the people whose names the tests use.

中山路支行 (0817) with everybody; 人民路支行 (0818) with its own lobby and wealth managers, so that
"another branch's row" is always there. Above them a region head, the offices and the administrators.
"""

import datetime
import time

import pytest

from rmflow.staff.models import Branch, RoleHolding, User
from rmflow.staff.permissions import Role
from rmflow.workdays import current
from tests.plugin import django_db_setup  # noqa: F401  wins over pytest-django's only from here

PASSWORD = "Branch-2026-day"


@pytest.fixture
def branches(db):
    """Head office → region → city → two outlets; a dict by short name."""
    office = Branch.objects.create(code="0001", name="总行", kind=Branch.Kind.HEAD_OFFICE)
    region = Branch.objects.create(code="0800", name="贵州分行", kind=Branch.Kind.REGION, parent=office)
    city = Branch.objects.create(code="0810", name="贵阳市分行", kind=Branch.Kind.CITY, parent=region)
    first = Branch.objects.create(code="0817", name="中山路支行", parent=city)
    second = Branch.objects.create(code="0818", name="人民路支行", parent=city)
    return {"office": office, "region": region, "city": city, "first": first, "second": second}


@pytest.fixture
def hire(branches):
    """A function that makes one member of staff with one role at one branch."""

    def make(number, name, role, branch="first", **fields):
        place = branches[branch]
        user = User(
            employee_no=number,
            name=name,
            home_branch=place,
            must_change_password=False,
            availability=User.Availability.FREE,
            **fields,
        )
        user.password = HASHED
        user.save()
        RoleHolding.objects.create(user=user, role=role, branch=place, valid_from=datetime.date(2020, 1, 1))
        return user

    return make


@pytest.fixture
def teller(hire):
    return hire("100101", "何丽萍", Role.TELLER, counter=User.Counter.CASH)


@pytest.fixture
def lobby(hire):
    return hire("100102", "周敏", Role.LOBBY_MANAGER)


@pytest.fixture
def wealth(hire):
    return hire("100103", "林晓燕", Role.WEALTH_MANAGER)


@pytest.fixture
def colleague(hire):
    """A second wealth manager of the first branch."""
    return hire("100104", "陈志远", Role.WEALTH_MANAGER)


@pytest.fixture
def marketing(hire):
    return hire("100105", "吴婷", Role.MARKETING_MANAGER)


@pytest.fixture
def head(hire):
    return hire("100106", "罗涛", Role.BRANCH_HEAD)


@pytest.fixture
def supervisor(hire):
    return hire("100107", "冯雪", Role.SUPERVISOR)


@pytest.fixture
def archivist(hire):
    return hire("100108", "石磊", Role.ARCHIVIST)


@pytest.fixture
def ebank(hire):
    return hire("100109", "杜娟", Role.EBANK_MANAGER)


@pytest.fixture
def other_lobby(hire):
    return hire("100202", "孙立军", Role.LOBBY_MANAGER, "second")


@pytest.fixture
def other_wealth(hire):
    """A wealth manager of the second branch: the outsider."""
    return hire("100203", "杨帆", Role.WEALTH_MANAGER, "second")


@pytest.fixture
def region_head(hire):
    return hire("100301", "郑海涛", Role.REGION_HEAD, "region")


@pytest.fixture
def phone_agent(hire):
    return hire("100302", "赵美兰", Role.PHONE_AGENT, "office")


@pytest.fixture
def complaint_office(hire):
    return hire("100303", "王志强", Role.COMPLAINT_OFFICE, "office")


@pytest.fixture
def admin_user(hire):
    return hire("100304", "刘建平", Role.ADMIN, "office")


@pytest.fixture
def security_admin(hire):
    return hire("100305", "黄淑芬", Role.SECURITY_ADMIN, "office")


@pytest.fixture
def auditor(hire):
    return hire("100306", "罗春霞", Role.AUDITOR, "office")


def _hash():
    """One hash for the whole cast: making it anew for each person would cost seconds."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


HASHED = None


@pytest.fixture(autouse=True)
def _calendar_seen():
    """The calendar's look at its stamp (one query) falls between tests, never into a count of queries."""
    if current._held:
        current._held.verified_at = time.monotonic()
        current._held.look_at = time.monotonic() + current.VERIFY_EVERY


@pytest.fixture(autouse=True, scope="session")
def _hashed(django_db_setup):
    global HASHED
    HASHED = _hash()


@pytest.fixture
def notice(db):
    """A privacy notice in force, so that a phone may be kept (B-22)."""
    from rmflow.privacy.models import PrivacyNotice

    return PrivacyNotice.objects.get_or_create(
        version="2026-1",
        defaults={
            "title": "个人信息处理告知书",
            "text": "告知内容",
            "effective_on": datetime.date(2026, 1, 1),
        },
    )[0]


@pytest.fixture
def card():
    """A function that makes a lobby card: by default, introduce now."""
    from referrals.rules import Card, End

    def make(**fields):
        return Card(
            **{"end": End.INTRODUCE, "cues": ["vip_card"], "name": "刘", "salutation": "madam", **fields}
        )

    return make


@pytest.fixture
def filed(lobby, wealth, card, notice):
    """A function that files a slip: by the lobby manager, to the wealth manager, unless said otherwise."""
    from referrals import actions

    def make(by=None, **fields):
        fields.setdefault("manager_id", wealth.pk)
        return actions.file(card(**fields), by=by or lobby)

    return make
