"""How a branch's day goes: which weekday is busy, which hour; shared by history and the days that are lived."""

import datetime
import random

from referrals.rules import Business, Cue, Need
from rmflow.staff.models import BANK_TIME

#: Monday is busy, weekends are quiet (slips of a branch with three managers).
WEEKDAY = (9, 7, 7, 7, 8, 4, 3)
#: hour → weight; mornings and the last hour before closing
HOURS = {9: 8, 10: 12, 11: 9, 12: 3, 13: 4, 14: 9, 15: 10, 16: 12}
CUES = {
    Cue.MATURED_DEPOSIT: 22, Cue.VIP_CARD: 14, Cue.LARGE_CASH: 12, Cue.LARGE_TRANSFER: 11,
    Cue.ASKS_INVESTMENT: 16, Cue.ASKS_INSURANCE: 6, Cue.FOREX: 4, Cue.ASKS_LOAN: 5, Cue.PAYROLL: 4,
    Cue.INTRODUCED: 5, Cue.QUEUE_HINT: 9, Cue.ASKED_GUARD: 1,
}  # fmt: skip
SIZES = {"0817": 1.0, "0818": 0.8}
SMALL = 0.2
#: Days, today the last of them, that are worked through the actions; those before are made in bulk.
LIVED = 10


def slips_of(rng: random.Random, code: str, day: datetime.date) -> int:
    """How many slips a branch files on `day`."""
    mean = WEEKDAY[day.weekday()] * SIZES.get(code, SMALL)
    return max(0, round(rng.gauss(mean, mean / 4)))


#: From a client's arrival to the verdict at the latest.
LONGEST = datetime.timedelta(minutes=45)
#: Nobody arrives later: who came last is judged when the closing begins, whatever the dice say.
LAST = datetime.time(16, 44, 59)
#: Minutes ago, the manager's number and how far it has come: who is in the lobby as one looks.
ARRIVED = (
    (95, 2, "received"),
    (48, 1, "received"),
    (31, 0, "accepted"),
    (11, 1, "waiting"),
    (3, 0, "waiting"),
)


def in_the_lobby(now: datetime.datetime):
    """(moment, manager's number, how far) of those who came today; before midnight it was another day."""
    for minutes, manager, far in ARRIVED:
        came = now - datetime.timedelta(minutes=minutes)
        if came.date() == now.date():
            yield came, manager, far


def moment(rng: random.Random, day: datetime.date) -> datetime.datetime:
    """A moment of business on `day`, in the bank's time."""
    hour = rng.choices(list(HOURS), weights=list(HOURS.values()))[0]
    minute = rng.randint(0, LAST.minute if hour == LAST.hour else 59)
    time = datetime.time(hour, minute, rng.randint(0, 59))
    return datetime.datetime.combine(day, time, tzinfo=BANK_TIME)


def clues(rng: random.Random) -> list[str]:
    """One or two clues."""
    picked = rng.choices(list(CUES), weights=list(CUES.values()), k=rng.choice((1, 1, 2)))
    return list(dict.fromkeys(str(cue) for cue in picked))


def needs(rng: random.Random) -> list[str]:
    return [str(need) for need in rng.sample(list(Need), k=rng.choice((0, 1, 1, 2)))]


def business(rng: random.Random) -> str:
    return str(rng.choice([b for b in Business if b != Business.OTHER]))
