"""Every address × every role × own branch, other branch, logged out — from one table (access_rows)."""

import datetime
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from clients.models import (
    Archive,
    Assessment,
    CheckItem,
    CheckRound,
    Client,
    ColumnMap,
    Destruction,
    Duplicate,
    Evaluation,
    EvaluationRun,
    FileLoad,
    Hold,
    Loan,
    Override,
    Product,
    RightsRequest,
    RunPart,
    Scorecard,
    Segment,
)
from complaints.models import (
    Attachment,
    Closure,
    ClosureMonth,
    Complaint,
    Guide,
    Improvement,
    KitItem,
    Offer,
    Opening,
    OpeningKind,
)
from followups.models import Candidate, FollowUp, PlanItem, SalesChance
from referrals.models import CrowdCall, Diversion, DutyShift, MonthReport, Referral, Statement
from rmflow.notices.models import Notice
from rmflow.portal.models import BoardDevice
from rmflow.privacy.models import Export
from rmflow.staff.models import Branch, RoleHolding, User, bank_today
from rmflow.staff.permissions import EVERYWHERE_ROLES, ROLE_PERMISSIONS, SUBTREE_ROLES, Permission, Role
from rmflow.workdays.models import BranchDay, Inspection

from .access_rows import ACCESS, MATRIX, MORE, QUERY

LAST_MONTH = f"{datetime.date.today().replace(day=1) - datetime.timedelta(days=1):%Y-%m}"
#: What stands in an address instead of a number.
WORDS = {"year": 2026, "view": "total", "secret": "none"}
PASSED = {200, 201, 204, 302, 303, 400, 409, 422}
READ = {200, 204, 302}


def addresses(patterns=None, space=""):
    """(name, pattern) of everything the resolver knows; the admin is summarised below."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            if pattern.namespace != "admin":
                yield from addresses(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name}", pattern


def test_every_address_has_a_row_and_every_row_an_address():
    assert {name for name, _pattern in addresses()} == set(ACCESS)


def test_every_method_of_the_api_has_a_row():
    for name, pattern in addresses():
        methods = {method.upper() for method in getattr(pattern.callback, "actions", None) or ()}
        if methods:
            # The framework adds HEAD beside GET when an address is first asked.
            assert methods - {"HEAD"} == set(ACCESS[name]), name


@pytest.mark.parametrize("permission", [*Permission])
def test_the_matrix_is_the_one_that_was_meant(permission):
    marks = MATRIX[permission].split()
    meant = {role for role, mark in zip(Role, marks, strict=True) if mark == "x"}
    assert {role for role in Role if permission in ROLE_PERMISSIONS[role]} == meant


@dataclass
class Person:
    """One role at one place, with things of one's own and a browser logged in."""

    role: str
    place: str
    user: User = None
    session: str = ""
    things: SimpleNamespace = None

    def holds(self, permission):
        return permission in ROLE_PERMISSIONS[self.role]

    def reaches(self, permission, mine):
        """Whether `permission` reaches the branch of the object: one's own branch, or the first."""
        near = self.place == "first" or self.role in EVERYWHERE_ROLES or (mine and not self.above)
        return self.holds(permission) and near

    @property
    def browser(self):
        """A browser with the session as it was, whatever an earlier request did to it."""
        browser = Browser()
        browser.cookies[settings.SESSION_COOKIE_NAME] = self.session
        return browser

    @property
    def above(self):
        """Held at no branch that serves clients: one's own things lie in the first branch."""
        return self.role in SUBTREE_ROLES

    def passes(self, gate, mine):
        if gate.kind == "role":
            return any(self.holds(permission) for permission in gate.permissions)
        if gate.kind in ("here", "within", "day"):
            return self.reaches(gate.permissions[0], mine)
        if gate.kind in ("own_or", "mine_or"):
            return mine or any(self.reaches(permission, mine) for permission in gate.permissions)
        return gate.kind in ("own", "mine") and mine

    def expected(self, row, mine):
        """403, 404, or None for "let in"."""
        return next((gate.status for gate in row.gates if not self.passes(gate, mine)), None)


def everybody():
    for role in Role:
        yield Person(role, "first")
        if role not in EVERYWHERE_ROLES:
            yield Person(role, "second")


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    """The cast and their things, built once and rolled back at the end of the module."""
    from tests import conftest

    with django_db_blocker.unblock(), transaction.atomic():
        yield build(conftest._hash())
        transaction.set_rollback(True)


def build(password):
    """Two branches in two regions; every role at both; a stranger whose things the others try."""
    office = Branch.objects.create(code="0001", name="总行", kind=Branch.Kind.HEAD_OFFICE)
    places = {}
    for name, code in (("first", "08"), ("second", "09")):
        region = Branch.objects.create(
            code=f"{code}00", name=f"{code}分行", kind=Branch.Kind.REGION, parent=office
        )
        branch = Branch.objects.create(code=f"{code}17", name=f"{code}支行", parent=region)
        day = BranchDay.objects.create(
            branch=branch, date=bank_today(), opened_at="2026-01-01T08:00:00+08:00"
        )
        places[name] = SimpleNamespace(office=office, region=region, branch=branch, day=day)
    stranger = Person(Role.WEALTH_MANAGER, "first")
    people = list(everybody())
    for number, person in enumerate([stranger, *people]):
        settle(person, places, number, password)
    return SimpleNamespace(people=people, stranger=stranger)


def settle(person, places, number, password):
    place = places[person.place]
    at = place.branch
    if person.role in EVERYWHERE_ROLES:
        at = place.office
    elif person.role in SUBTREE_ROLES:
        at = place.region
    person.user = User.objects.create(
        employee_no=f"2{number:05d}",
        name=f"{person.role}-{person.place}",
        home_branch=at,
        must_change_password=False,
        password=password,
    )
    RoleHolding.objects.create(
        user=person.user, role=person.role, branch=at, valid_from=datetime.date(2020, 1, 1)
    )
    person.things = belongings(person, place if at == place.branch else places["first"])
    browser = Browser()
    browser.force_login(person.user)
    person.session = browser.cookies[settings.SESSION_COOKIE_NAME].value


def belongings(person, place):
    """A thing of each kind that the addresses speak of, made straight in the tables."""
    user, branch = person.user, place.branch
    client = Client.objects.create(name="刘建华", branch=branch, owner=user)
    slip = {
        "day": place.day,
        "branch": branch,
        "sender_branch": branch,
        "referrer": user,
        "referrer_role": person.role,
        "client": client,
        "cues": ["forex"],
        "source_channel": "lobby",
        "referred_at": place.day.opened_at,
    }
    waiting = {"status": "referred", "reception": "waiting", "waiting_since": place.day.opened_at}
    record = FollowUp.objects.create(client=client, branch=branch, manager=user)
    item = PlanItem.objects.create(
        owner=user,
        branch=branch,
        client=client,
        kind="contact",
        plan_on=bank_today(),
        source_key=f"{user.pk}",
    )
    diversion = Diversion.objects.create(branch=branch, day=place.day, by=user, destination="self_service")
    card = Referral.objects.create(**slip, status="to_follow_up", agreed_on=bank_today())
    return SimpleNamespace(
        client=client,
        duplicate=Duplicate.objects.create(
            one=client,
            other=Client.objects.create(name="刘建华", branch=branch),
            branch_of_one=branch,
            branch_of_other=branch,
        ),
        slip=Referral.objects.create(**slip, **waiting, manager=user),
        card=card,
        record=record,
        product=Product.objects.first(),
        candidate=Candidate.objects.create(
            client=client,
            branch=branch,
            rules=["inflow"],
            suggests="potential",
            amount=1,
            found_on=bank_today(),
            seen_on=bank_today(),
        ),
        chance=SalesChance.objects.create(
            client=client,
            product=Product.objects.first(),
            owner=user,
            branch=branch,
            source_key="x",
            by=user,
        ),
        load=FileLoad.objects.create(name="x", sha256="0" * 64, size=1, source="upload", by=user),
        column_map=ColumnMap.objects.create(name=f"m{user.pk}", kind="balances", saved_by=user),
        segment=Segment.objects.create(
            name="x",
            owner=user,
            shared=True,
            branch=branch,
            conditions={"groups": [{"conditions": [{"field": "archived", "op": "no"}]}]},
        ),
        item=item,
        diversion=diversion,
        day=place.day,
        statement=Statement.objects.create(day=place.day, manager=user, by=user, addressed_as="刘女士"),
        inspection=Inspection.objects.create(branch=branch, by=user, at=place.day.opened_at, sample=[]),
        notice=Notice.objects.create(recipient=user, kind="x", text="x", key="x"),
        holding=user.role_holdings.get(),
        held=user.role_holdings.get(),
        person=user,
        branch=branch,
        **lobby(user, branch),
        **counted(user, branch),
        **tiered(user, branch, client),
        **handled(user, branch, client),
        **kept(user, branch, client),
        **complained(user, branch),
    )


def handled(user, branch, client):
    """A closure nobody has claimed, the month's set of the branch, an opening with its kit and an offer."""
    words = {"movement": "closure", "suspicion": "churn", "found": "counter", "found_on": bank_today()}
    now = "2026-01-01T08:00:00+08:00"
    opening = Opening.objects.create(
        client=client, branch=branch, manager=user, kind=OpeningKind.objects.first()
    )
    month = {"month": datetime.date(2026, 1, 1), "defaults": {"due_on": bank_today()}}
    return {
        "closure": Closure.objects.create(
            client=client, branch=branch, manager=user, claim_due_at=now, **words
        ),
        "guide": Guide.objects.create(
            branch=branch, on=bank_today(), addressed_as="x", basis="card", place="room", by=user
        ),
        "closure_month": ClosureMonth.objects.get_or_create(branch=branch, **month)[0],
        "opening": opening,
        "kit": KitItem.objects.create(opening=opening, name="x"),
        "offer": Offer.objects.create(opening=opening, product=Product.objects.first()),
    }


def kept(user, branch, client):
    """An archive to be filed, a loan asked for, a check with a fault, lists, requests about data."""
    when = {"opened_at": "2026-01-01T08:00:00+08:00"}
    archive = Archive.objects.create(
        client=client, file_no=f"{branch.code}-{user.pk}", branch=branch, opened_by=user, **when
    )
    person = Client.objects.create(name="刘建华", branch=branch, owner=user)
    other = Archive.objects.create(
        client=person, file_no=f"{branch.code}-{user.pk}-2", branch=branch, opened_by=user, **when
    )
    due = datetime.date(2099, 1, 1)
    month = datetime.date(2026, 1, 1)
    round = CheckRound.objects.create(branch=branch, by=user, signed_at=when["opened_at"])
    signers = [
        User.objects.get_or_create(employee_no=no, name=no, password="x")[0] for no in ("900001", "900002")
    ]
    batch = {"branch": branch, "reason": "x", "proposed_by": user, "witness": user}
    done = {"state": "done", "done_at": when["opened_at"], "supervisor": signers[0], "head": signers[1]}
    asked = {"client": client, "branch": branch, "applicant": "self", "identity": "document", "wish": "x"}
    days = {"received_on": month, "due_on": due, "taken_by": user}
    settled = {"state": "settled", "outcome": "granted", "settled_by": user, "settled_at": when["opened_at"]}
    return {
        "archive": archive,
        "hold": Hold.objects.create(client=client, kind="other", reason="x", placed_by=user),
        "loan": Loan.objects.create(
            archive=other, borrower=user, purpose="x", state="asked", asked_by=user, due_on=due
        ),
        "round": round,
        "fault": CheckItem.objects.create(round=round, archive=archive, finding="missing", note="x"),
        "assessment": Assessment.objects.create(
            branch=branch, manager=user, month=month, figures={}, grade="good", by=user
        ),
        "batch": Destruction.objects.create(number=f"XH-{user.pk}", **batch),
        "done_batch": Destruction.objects.create(
            number=f"XH-{user.pk}-2", carried_by=signers[0], **batch, **done
        ),
        "right": RightsRequest.objects.create(kind="see", **asked, **days),
        "settled_right": RightsRequest.objects.create(kind="explain", **asked, **days, **settled),
    }


def complained(user, branch):
    """A complaint one has taken and answered, with a file and an improvement of one's own."""
    moment, day = timezone.now(), bank_today()
    due = {"counted_at": moment, "due_at": moment, "due_on": day, "law_on": day, "ruling": "normal"}
    replied = {"status": "replied", "replied_at": moment, "replied_by": user, "reply_way": "phone"}
    row = Complaint.objects.create(
        number=f"TS-{user.pk}",
        branch=branch,
        way="counter",
        received_at=moment,
        **{"taken_by": user, "name": "马建国", "title": "x", "request": "x", **due, **replied},
    )
    file = {"name": "a.pdf", "kind": "pdf", "size": 1, "digest": "x", "stored_as": f"access{user.pk}"}
    path = settings.COMPLAINT_FILES / "ac" / file["stored_as"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    improvement = {"text": "x", "owner": user, "due_on": day, "by": user}
    return {
        "complaint": row,
        "attachment": Attachment.objects.create(complaint=row, by=user, **file),
        "improvement": Improvement.objects.create(complaint=row, **improvement),
    }


def counted(user, branch):
    """A month's draft of the branch, and a workbook one asked for."""
    month = {"branch": branch, "month": datetime.date(2026, 1, 1)}
    ready = {"state": "ready", "file": b"x", "ready_at": "2026-01-01T08:00:00+08:00"}
    return {
        "report": MonthReport.objects.get_or_create(**month)[0],
        "export": Export.objects.create(by=user, asked={}, name="x", **ready),
    }


def tiered(user, branch, client):
    """A run with the branch's part and a downgrade in it, a manual setting, a version in force, a draft."""
    card, month = Scorecard.objects.in_force().get(), datetime.date(2026, 1, 1)
    days = {"effective_on": month, "upgrades_on": month, "scorecard": card, "state": "ready"}
    run = EvaluationRun.objects.get_or_create(kind="monthly", month=month, defaults=days)[0]
    tiers = {"tier_before": "T3", "tier": "T2", "move": "down", "reason": "below", "type_reason": "tier"}
    types = {"type_before": "unjudged", "type": "unjudged", "scorecard": card, "points": [], "short": 12_000}
    Evaluation.objects.create(client=client, run=run, month=month, branch=branch, **tiers, **types)
    dates = {"starts_on": month, "expires_on": datetime.date(2099, 1, 1)}
    return {
        "run": run,
        "part": RunPart.objects.get_or_create(run=run, branch=branch, defaults={"state": "ready"})[0],
        "override": Override.objects.create(client=client, tier="T3", reason="x", asked_by=user, **dates),
        "scorecard": card,
        "draft": Scorecard.objects.get_or_create(version="draft", name="x", base=card)[0],
    }


def lobby(user, branch):
    """A shift and a call that are over, and a wall screen."""
    over = {"at": "2026-01-01T08:00:00+08:00", "over_at": "2026-01-01T08:30:00+08:00"}
    times = {"began_at": over["at"], "ended_at": over["over_at"], "ended_how": "left"}
    until = {"pairing_until": over["at"], "expires_at": over["at"]}
    return {
        "shift": DutyShift.objects.create(branch=branch, person=user, **times),
        "call": CrowdCall.objects.create(branch=branch, by=user, **over),
        "screen": BoardDevice.objects.create(branch=branch, name="x", made_by=user, **until),
    }


#: Addresses with two things.
PAIRS = {
    "part_client": ("part", "client"),
    "complaint_file": ("complaint", "attachment"),
    "complaint_improvement": ("complaint", "improvement"),
}


def path(name, thing, things):
    if not thing:
        return reverse(name)
    if thing in WORDS:
        return reverse(name, args=[WORDS[thing]])
    if thing == "self_month":
        return reverse(name, args=[things.person.pk, LAST_MONTH])
    if thing in PAIRS:
        return reverse(name, args=[getattr(things, one).pk for one in PAIRS[thing]])
    if thing.startswith("opening_"):
        return reverse(name, args=[things.opening.pk, getattr(things, thing.removeprefix("opening_")).pk])
    if thing.startswith("day_"):
        return reverse(name, args=[things.slip.day_id, getattr(things, thing.removeprefix("day_")).pk])
    if thing == "branch":
        return reverse(name, args=[things.branch.code])
    if thing == "holding":
        return reverse(name, args=[things.person.pk, things.holding.pk])
    more = MORE.get(name, [])
    return reverse(name, args=[getattr(things, thing).pk, *more]) + QUERY.get(name, "")


def knock(browser, name, method, row, things, role=""):
    """One request whose writes are undone."""
    address = path(name, row.thing, things)
    api = address.startswith("/api/")
    body = dict(row.body)
    if name in ("referral-list", "referrals:file") and method == "POST":
        body |= {"branch_id" if api else "branch": things.slip.branch_id}
    if name == "portal:board_screens" and method == "POST":
        body["branch"] = things.branch.code
    if name in ("closing-settle", "closing-state"):
        body["referral"] = things.slip.pk
    if name.startswith("opening-"):
        body |= {"form": things.kit.pk, "offer": things.offer.pk, "product": things.product.pk}
    if name == "data-request-list":
        body["client"] = things.client.pk
    if name == "staff:role":
        body["role"] = role
    options = {"content_type": "application/json"} if api and method != "GET" else {}
    with transaction.atomic():
        answer = getattr(browser, method.lower())(address, data=body, **options)
        transaction.set_rollback(True)
    return answer


ROWS = [(name, method) for name, methods in ACCESS.items() for method in methods]


@pytest.mark.parametrize("name, method", ROWS)
def test_each_role_gets_where_the_table_says(house, name, method):
    row = ACCESS[name][method]
    of_branch = any(gate.kind != "role" for gate in row.gates)
    owned = any(gate.kind.startswith(("own", "mine")) for gate in row.gates)
    wrong = []
    for person in house.people:
        here = person.place == "first"
        tries = [(house.stranger.things, False)] if here or of_branch else []
        for things, is_mine in tries + [(person.things, True)] * (owned and here):
            status = knock(person.browser, name, method, row, things, person.role).status_code
            expected = person.expected(row, is_mine)
            good = {expected} if expected else READ if method == "GET" else PASSED
            if status not in good:
                wrong.append(f"{person.user.name} {'own' if is_mine else 'stranger’s'}: {status}, not {good}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name, method", ROWS)
def test_nobody_gets_in_without_a_login(house, name, method):
    row = ACCESS[name][method]
    answer = knock(Browser(), name, method, row, house.stranger.things)
    if row.public:
        assert answer.status_code in PASSED
        assert "/login/" not in answer.headers.get("Location", "") or name != "staff:login"
    elif answer.request["PATH_INFO"].startswith("/api/"):
        assert answer.status_code in (401, 403)
    elif method == "GET" and answer.status_code == 302:
        assert answer.headers["Location"].startswith("/login/")
    else:
        assert answer.status_code == 401


def test_the_admin_opens_for_administrators_only(house):
    """Summary of /admin/: its index for every role, every list in it for those who get in."""
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]
    for person in house.people:
        may = person.holds(Permission.MANAGE_REFERENCE) or person.holds(Permission.MANAGE_ROLES)
        assert person.browser.get("/admin/").status_code == (200 if may else 403), person.user.name
        for page in lists if may else lists[:1]:
            assert person.browser.get(page).status_code in ({200, 403} if may else {403}), page
    assert all(Browser().get(page).status_code == 302 for page in lists)
