"""The watch (W3-11): every five minutes, who must be told of which deadline; each step once.

One indexed statement takes the steps that are due (SKIP LOCKED: two workers share them), three questions
find the people; then one mass of marks, one of notices a step, one of events. Who hears of a step is
found once for all complaints of one branch and handler; a complaint with a recusal is looked at by itself.
"""

import json
from collections import defaultdict, namedtuple

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from rmflow.doors.mass import array, insert_many
from rmflow.notices.actions import notify_each
from rmflow.staff.models import RoleHolding, User
from rmflow.staff.permissions import Role

from ..models import ComplaintEvent, Recusal
from ..rules.complaint import RUNNING
from ..rules.complaint_ladder import RUNGS, Step, next_rung, rungs
from ..rules.complaint_recusal import Reach, prefixes
from .complaint_core import stands_at

AT_ONCE = 25_000  # steps taken by one transaction, of some two seconds

TEXTS = {
    Step.HALF: gettext_noop("Complaint {number}: half of the time is used; answer by {day}."),
    Step.MOST: gettext_noop("Complaint {number}: 80 % of the time is used; answer by {day}."),
    Step.DAY: gettext_noop("Complaint {number} must be answered today."),
    Step.DUE: gettext_noop("Complaint {number} was not answered by {day}."),
}

_TAKE = """
    WITH due AS (
        SELECT id, complaint_id, step, at FROM complaints_ladderstep
         WHERE fired_at IS NULL AND at <= %(now)s
         ORDER BY at, id LIMIT %(most)s
           FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT due.id, due.complaint_id, due.step, to_char(due.at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MI'),
           complaint.number, complaint.due_on, complaint.branch_id, branch.path, complaint.handler_id,
           complaint.upper, complaint.status,
           EXISTS (SELECT FROM complaints_recusal recusal WHERE recusal.complaint_id = due.complaint_id)
      FROM due
      JOIN complaints_complaint complaint ON complaint.id = due.complaint_id
      JOIN staff_branch branch ON branch.id = complaint.branch_id
     ORDER BY due.at, due.id
"""
_MARK = """
    UPDATE complaints_ladderstep step SET fired_at = %s, told = new.told::jsonb
      FROM unnest(%s::bigint[], %s::text[]) AS new (id, told) WHERE step.id = new.id
"""
Due = namedtuple("Due", "id complaint step minute number due_on branch path handler upper status recused")
#: Users who are told; the same as the step keeps it and as the event does, in JSON.
Told = namedtuple("Told", "people kept event")


def tick(*, now):
    """Send every step that is due; {"steps": n, "told": m}. Again at once: nothing more."""
    done = {"steps": 0, "told": 0}
    while True:
        with transaction.atomic():
            taken = _take(now)
            sent = _send(taken, now) if taken else []
        done["steps"] += len(sent)
        done["told"] += sum(len(told.people) for _row, told in sent)
        if len(taken) < AT_ONCE:
            return done


def _take(now):
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "most": AT_ONCE})
        return [Due._make(row) for row in cursor.fetchall()]


def _send(taken, now):
    """Ring for the steps whose complaint still runs, note it there, mark every step; what was sent."""
    running = [row for row in taken if row.status in RUNNING]
    people = People(running)
    sent = [(row, people.told(row)) for row in running]
    _ring(sent)
    _note(sent, now)
    _mark(taken, sent, now)
    return sent


def _ring(sent):
    messages = defaultdict(list)
    for row, told in sent:
        key = f"complaint:{row.complaint}:{row.step}:{row.minute}"
        params, link = {"number": row.number, "day": row.due_on}, f"/complaints/{row.complaint}/"
        messages[row.step] += [(user, key, params, link) for user in told.people]
    for step in Step:
        urgent = step in (Step.DAY, Step.DUE)
        if messages[step]:
            text = TEXTS[step]
            notify_each(
                messages[step], "complaint", text, channels=("bell", "email"), outside=text, urgent=urgent
            )


def _note(sent, now):
    columns = {
        "complaint_id": [row.complaint for row, _told in sent],
        "name": ["warn" if row.step != Step.DUE else "escalate" for row, _told in sent],
        "status_from": [row.status for row, _told in sent],
        "status_to": [row.status for row, _told in sent],
        "data": [told.event for _row, told in sent],
    }
    insert_many(ComplaintEvent, {**columns, "at": now})


def _mark(taken, sent, now):
    kept = {row.id: told.kept for row, told in sent}
    ids = [row.id for row in taken]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [now, array(ids), array([kept.get(pk, "[]") for pk in ids])])


class People:
    """Who holds which rung for the complaints at hand, and who must keep out: five questions in all."""

    def __init__(self, rows):
        branches = {row.branch for row in rows}
        paths = {above for path in {row.path for row in rows} for above in prefixes(path)}
        held = RoleHolding.objects.current().filter(role__in=RUNGS)
        self.at_branch, self.region, self.office = defaultdict(list), defaultdict(list), []
        ids = {row.handler for row in rows if row.handler}
        for user_id, role, branch_id, path in held.values_list(
            "user_id", "role", "branch_id", "branch__path"
        ):
            if role == Role.COMPLAINT_OFFICE:
                self.office.append(user_id)
            elif role == Role.REGION_HEAD:
                if path in paths:
                    self.region[path].append(user_id)
            elif branch_id in branches:
                self.at_branch[branch_id, role].append(user_id)
            else:
                continue
            ids.add(user_id)
        self.users = User.objects.active().in_bulk(ids)
        self.places = stands_at(self.users.values())
        self.known, self.named, self.below = {}, defaultdict(set), defaultdict(list)
        for rec in Recusal.objects.filter(complaint__in={row.complaint for row in rows if row.recused}):
            if rec.below_path:
                self.below[rec.complaint_id].append(Reach(rec.below_path, tuple(rec.below_roles)))
            else:
                self.named[rec.complaint_id].add(rec.person_id)

    def told(self, row):
        """Who hears of a step; the same for all complaints of one place that nobody must keep out of."""
        if row.recused:
            return self._told(row)
        place = (row.step, row.branch, row.handler, row.upper)
        if place not in self.known:
            self.known[place] = self._told(row)
        return self.known[place]

    def _told(self, row):
        found = self._found(row)
        kept = [{"id": user.pk, "name": user.name, "role": role} for user, role in found]
        event = {"step": row.step, "told": [user.name for user, _role in found]}
        return Told([user for user, _role in found], json.dumps(kept), json.dumps(event))

    def _found(self, row):
        """[(user, role)]: the handler, then the rungs of the step; an empty rung passes to the next."""
        found = {}
        if self._may(row.handler, row):
            found[row.handler] = "handler"
        for role in rungs(row.step, upper=row.upper):
            for user_id, rung in self._rung(role, row):
                found.setdefault(user_id, rung)
        if not found:  # nobody at all: whoever stands above hears of it
            found = dict(self._rung(Role.REGION_HEAD, row))
        return [(self.users[user_id], str(role)) for user_id, role in found.items()]

    def _rung(self, role, row):
        while role is not None:
            people = [pk for pk in self._holders(role, row) if self._may(pk, row)]
            if people:
                return [(pk, role) for pk in people]
            role = next_rung(role)
        return []

    def _holders(self, role, row):
        if role == Role.COMPLAINT_OFFICE:
            return self.office
        if role == Role.REGION_HEAD:
            nearest = next((p for p in reversed(prefixes(row.path)) if self.region.get(p)), None)
            return self.region.get(nearest, [])
        return self.at_branch.get((row.branch, role), [])

    def _may(self, user_id, row):
        if user_id not in self.users or user_id in self.named[row.complaint]:
            return False
        return not any(reach.covers(*self.places[user_id]) for reach in self.below[row.complaint])
