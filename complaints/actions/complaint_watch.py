"""The watch (W3-11): every five minutes, who must be told of which deadline; each step once.

One indexed statement takes the steps that are due (SKIP LOCKED: two workers share them) and marks them
in the same breath; then three questions about people, one mass of notices, one of events.
"""

import json
from collections import defaultdict

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from rmflow.doors.mass import insert_many
from rmflow.notices.actions import notify_each
from rmflow.staff.models import RoleHolding, User
from rmflow.staff.permissions import Role

from ..models import ComplaintEvent, Recusal
from ..rules.complaint_ladder import RUNGS, Step, next_rung, rungs
from ..rules.complaint_recusal import Reach, prefixes
from .complaint_core import stands_at

AT_ONCE = 2000  # steps taken by one transaction

TEXTS = {
    Step.HALF: gettext_noop("Complaint {number}: half of the time is used; answer by {day}."),
    Step.MOST: gettext_noop("Complaint {number}: 80 % of the time is used; answer by {day}."),
    Step.DAY: gettext_noop("Complaint {number} must be answered today."),
    Step.DUE: gettext_noop("Complaint {number} was not answered by {day}."),
}

_TAKE = """
    WITH due AS (
        SELECT id FROM complaints_ladderstep
         WHERE fired_at IS NULL AND at <= %(now)s
         ORDER BY at, id LIMIT %(most)s
           FOR NO KEY UPDATE SKIP LOCKED
    ), fired AS (
        UPDATE complaints_ladderstep step SET fired_at = %(now)s
          FROM due WHERE step.id = due.id
     RETURNING step.id, step.complaint_id, step.step, step.at
    )
    SELECT fired.id, fired.complaint_id, fired.step, fired.at, complaint.number, complaint.due_on,
           complaint.branch_id, branch.path, complaint.handler_id, complaint.upper, complaint.status
      FROM fired
      JOIN complaints_complaint complaint ON complaint.id = fired.complaint_id
      JOIN staff_branch branch ON branch.id = complaint.branch_id
     WHERE complaint.status IN ('taken', 'working')
     ORDER BY fired.at, fired.id
"""
_TOLD = """
    UPDATE complaints_ladderstep step SET told = new.told::jsonb
      FROM unnest(%s::bigint[], %s::text[]) AS new (id, told) WHERE step.id = new.id
"""
COLUMNS = "id complaint step at number due_on branch path handler upper status".split()


def tick(*, now):
    """Send every step that is due; {"steps": n, "told": m}. Again at once: nothing more."""
    done = {"steps": 0, "told": 0}
    while True:
        with transaction.atomic():
            rows = _take(now)
            told = _tell(rows, now) if rows else 0
        done = {"steps": done["steps"] + len(rows), "told": done["told"] + told}
        if len(rows) < AT_ONCE:
            return done


def _take(now):
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "most": AT_ONCE})
        return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def _tell(rows, now):
    people = People(rows)
    messages, events, notes = defaultdict(list), [], []
    for row in rows:
        told = people.told(row)
        key = f"complaint:{row['complaint']}:{row['step']}:{row['at']:%Y%m%d%H%M}"
        params = {"number": row["number"], "day": row["due_on"]}
        messages[row["step"]] += [
            (user, key, params, f"/complaints/{row['complaint']}/") for user, _r in told
        ]
        names = [{"id": user.pk, "name": user.name, "role": role} for user, role in told]
        notes.append((row["id"], names))
        events.append(json.dumps({"step": row["step"], "told": [name["name"] for name in names]}))
    for step in Step:
        urgent = step in (Step.DAY, Step.DUE)
        if messages[step]:
            text = TEXTS[step]
            notify_each(
                messages[step], "complaint", text, channels=("bell", "email"), outside=text, urgent=urgent
            )
    _note(rows, events, now)
    _keep_told(notes)
    return sum(len(names) for _id, names in notes)


def _note(rows, events, now):
    columns = {
        "complaint_id": [row["complaint"] for row in rows],
        "name": ["warn" if row["step"] != Step.DUE else "escalate" for row in rows],
        "status_from": [row["status"] for row in rows],
        "status_to": [row["status"] for row in rows],
        "data": events,
    }
    insert_many(ComplaintEvent, {**columns, "at": now})


def _keep_told(notes):
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, [[pk for pk, _n in notes], [json.dumps(names) for _pk, names in notes]])


class People:
    """Who holds which rung for the complaints at hand, and who must keep out: five questions in all."""

    def __init__(self, rows):
        branches = {row["branch"] for row in rows}
        paths = {path for row in rows for path in prefixes(row["path"])}
        held = RoleHolding.objects.current().filter(role__in=RUNGS)
        self.at_branch, self.region, self.office = defaultdict(list), defaultdict(list), []
        ids = {row["handler"] for row in rows if row["handler"]}
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
        self.named, self.below = defaultdict(set), defaultdict(list)
        for rec in Recusal.objects.filter(complaint__in={row["complaint"] for row in rows}):
            if rec.below_path:
                self.below[rec.complaint_id].append(Reach(rec.below_path, tuple(rec.below_roles)))
            else:
                self.named[rec.complaint_id].add(rec.person_id)

    def told(self, row):
        """[(user, role)]: the handler, then the rungs of the step; an empty rung passes to the next."""
        found = {}
        if self._may(row["handler"], row):
            found[row["handler"]] = "handler"
        for role in rungs(row["step"], upper=row["upper"]):
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
            nearest = next((p for p in reversed(prefixes(row["path"])) if self.region.get(p)), None)
            return self.region.get(nearest, [])
        return self.at_branch.get((row["branch"], role), [])

    def _may(self, user_id, row):
        if user_id not in self.users or user_id in self.named[row["complaint"]]:
            return False
        return not any(reach.covers(*self.places[user_id]) for reach in self.below[row["complaint"]])
