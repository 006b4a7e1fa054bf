"""When a branch closes its day, and when what it keeps is sealed (W1-10, W2-07). Pure."""

import datetime
from dataclasses import dataclass

REMIND_AT = datetime.time(17, 30)
SEAL_AT = datetime.time(22)
RELEASE_AT = datetime.time(8, 20)
ESCALATE_MINUTES = 30


@dataclass(frozen=True)
class ClosingHours:
    """A branch's hours of closing."""

    remind_at: datetime.time = REMIND_AT
    escalate_minutes: int = ESCALATE_MINUTES
    seal_at: datetime.time = SEAL_AT
    release_at: datetime.time = RELEASE_AT
    full_sealing: bool = False

    def reminder(self, date: datetime.date, zone) -> datetime.datetime:
        """When those with something open are told."""
        return datetime.datetime.combine(date, self.remind_at, tzinfo=zone)

    def escalation(self, date: datetime.date, zone) -> datetime.datetime:
        """When the head is told; from then on others may sign for who is absent."""
        return self.reminder(date, zone) + datetime.timedelta(minutes=self.escalate_minutes)

    def sealing(self, date: datetime.date, zone) -> datetime.datetime:
        """When records are sealed though nobody has locked the day."""
        return datetime.datetime.combine(date, self.seal_at, tzinfo=zone)

    def release(self, opens_on: datetime.date, zone) -> datetime.datetime:
        """When records come out again: on the next opening day."""
        return datetime.datetime.combine(opens_on, self.release_at, tzinfo=zone)


@dataclass(frozen=True)
class Seal:
    """What a branch keeps is in custody: since when, until when, and whether it may be read."""

    since: datetime.datetime
    until: datetime.datetime
    full: bool
