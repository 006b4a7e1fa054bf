"""Persons a referral brought first and a file of the core system brought again (B-21)."""

import datetime
import random

from django.utils import timezone

from clients.actions import duplicates
from clients.duplicate_rules import State
from clients.models import Client, Duplicate
from rmflow.staff.models import User
from rmflow.staff.permissions import Role

#: Branch of the slip → branch of the file's row, for each pair.
PAIRS = (
    ("0817", "0817"),
    ("0817", "0817"),
    ("0817", "0818"),
    ("0818", "0817"),
    ("0817", "0817"),
    ("0817", "0817"),
)


def make(branches, rng: random.Random):
    """Six pairs in every state: to check, confirmed by the other branch, merged, two persons."""
    serial, used = 90_000_000, set()
    for slip_code, file_code in PAIRS:
        person = _referred(branches[slip_code], used)
        if person is None:
            continue
        serial += 1
        used.add(person.pk)
        _loaded(person, branches[file_code], f"{file_code}{serial:08d}", rng)
    duplicates.find()
    _settle(branches)


def _referred(branch, used):
    """Somebody with a phone whom a slip registered."""
    rows = Client.objects.filter(branch=branch, customer_no=None, created_by__isnull=False)
    rows = rows.exclude(phone_hash="").exclude(pk__in=used)
    return rows.order_by("pk").first()


def _loaded(person, branch, number, rng):
    """The same person as the core system knows it: with number, date of birth and address."""
    row = Client(
        customer_no=number,
        salutation=person.salutation,
        branch=branch,
        occupation=rng.choice(("教师", "个体经营", "企业职员")),
        birth_date=datetime.date(rng.randint(1958, 1995), rng.randint(1, 12), rng.randint(1, 28)),
        address=f"贵州省贵阳市南明区遵义路{rng.randint(1, 200)}号",
        notice_version=person.notice_version,
        notice_basis="contract",
        notice_at=timezone.now(),
        created_at=timezone.now(),
    )
    row.put_name(person.name if len(person.name) > 1 else person.name + rng.choice("敏静丽"))
    row.put_phone(person.phone)
    row.save()


def _head(branch):
    return User.objects.holding_at(branch.pk, Role.BRANCH_HEAD).order_by("pk").first()


def _settle(branches):
    """One pair waits for the other branch's word, one is merged, one was two persons after all."""
    waiting = Duplicate.objects.filter(state=State.OPEN).select_related("one", "other").order_by("pk")
    ours, theirs = branches["0817"], branches["0818"]
    between = [
        pair for pair in waiting if {pair.branch_of_one_id, pair.branch_of_other_id} == {ours.pk, theirs.pk}
    ]
    inside = [pair for pair in waiting if pair.branch_of_one_id == pair.branch_of_other_id == ours.pk]
    if between:
        duplicates.confirm(between[0].pk, by=_head(theirs), keep={})
    if len(inside) > 2:
        duplicates.confirm(inside[0].pk, by=_head(ours), keep={})
        duplicates.dismiss(inside[1].pk, by=_head(ours), note="母女共用一个手机号")
