"""The last days of the priority register: premium clients recognised, others with a card in the hand."""

import datetime
import random

from clients.models import Client
from clients.rules import ClientType
from complaints.actions import guides
from complaints.rules.guides import Basis, Place
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Role
from rmflow.workdays.current import opening

from . import rhythm, words
from .moment import at

PLACES = {Place.COUNTER: 50, Place.MANAGER: 30, Place.ROOM: 14, Place.MACHINE: 6}
NOTES = ("", "", "", "带老人，先请坐", "同时办理两笔，已提示备好身份证", "客户赶时间，先办")
BASES = (Basis.CARD, Basis.CARD, Basis.HINT, Basis.TOLD)


def live(branches, today, now, seed):
    """A few lines a day for two branches, up to `now`; one of them struck out."""
    rng = random.Random(seed + 36)  # noqa: S311  # nosec B311
    for code in ("0817", "0818"):
        branch, made = branches[code], []
        for back in range(rhythm.LIVED - 1, -1, -1):
            date = today - datetime.timedelta(days=back)
            if opening(branch).is_open(date):
                made += _day(branch, date, now, rng)
        if made:
            row = made[len(made) // 2]
            with at(row.at + datetime.timedelta(minutes=4)):
                guides.strike(row.pk, by=row.by, why="号票看错，另登")


def _day(branch: Branch, date, now, rng):
    writers = list(User.objects.holding_at(branch.pk, Role.TELLER, Role.LOBBY_MANAGER).order_by("pk"))
    premium = Client.objects.filter(branch=branch, type=ClientType.EXISTING_PREMIUM).order_by("pk")
    known = list(premium.values_list("pk", flat=True)[:200])
    moments = sorted(rhythm.moment(rng, date) for _n in range(rng.randint(2, 5)))
    made = []
    for number, moment in enumerate(moments):
        if moment >= now:
            break
        client = known.pop(rng.randrange(len(known))) if known and rng.random() < 0.6 else None  # once a day
        name, salutation = words.person(rng)
        with at(moment):
            made.append(
                guides.record(
                    by=rng.choice(writers),
                    place=rng.choices(list(PLACES), weights=list(PLACES.values()))[0],
                    basis="" if client else rng.choice(BASES),
                    client_id=client,
                    addressed_as="" if client else name[:1] + ("女士" if salutation == "madam" else "先生"),
                    ticket_no=f"V{10 + 7 * number + rng.randint(0, 6):03d}",
                    waited=rng.choice((None, 1, 2, 3, 5, 8)),
                    note=rng.choice(NOTES),
                )
            )
    return made
