"""Questions of contact marketing: one question, one function, one query, plain rows."""

import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Value

from clients.models import Client, MonthlyBalance
from rmflow.staff.models import BANK_TIME, RoleHolding, User
from rmflow.staff.permissions import Permission, Role, scope

from . import rules
from .models import Appointment, Contact, DayEntry, FollowUp, PlanItem

#: More open items than anybody works off in days; the page says so when there are more.
MOST_ITEMS = 300
MOST_LINES = 200

#: What a row of the daily list is made from; nothing encrypted, so nothing is decrypted.
_ROW = (
    "pk",
    "kind",
    "channel",
    "purpose",
    "plan_on",
    "at",
    "state",
    "client_id",
    "client__name",
    "client__salutation",
    "client__type",
    "client__level",
    "client__owner_id",
    "client__backup_id",
    "client__do_not_contact",
    "client__branch_id",
    "client__branch__path",
    "record__manager_id",
    "record__flagged",
    "record__referrer__name",
)


def midnight(day):
    """The first moment of `day` in the bank's time zone."""
    return datetime.datetime.combine(day, datetime.time(), tzinfo=BANK_TIME)


#: Written by hand: this page is asked for more than any other, and putting the same statement together
#: anew took longer than running it. The columns are those of `_ROW`.
_DAY = """
    SELECT item.id AS pk, item.kind, item.channel, item.purpose, item.plan_on, item.at, item.state,
           item.client_id, client.name AS client__name, client.salutation AS client__salutation,
           client.type AS client__type, client.level AS client__level, client.owner_id AS client__owner_id,
           client.backup_id AS client__backup_id, client.branch_id AS client__branch_id,
           client.do_not_contact AS client__do_not_contact,
           home.path AS client__branch__path, record.manager_id AS record__manager_id,
           record.flagged AS record__flagged, referrer.name AS record__referrer__name,
           item.settled_at, contact.result AS contact__result
      FROM followups_planitem item
      LEFT JOIN clients_client client ON client.id = item.client_id
      LEFT JOIN staff_branch home ON home.id = client.branch_id
      LEFT JOIN followups_followup record ON record.id = item.record_id
      LEFT JOIN staff_user referrer ON referrer.id = record.referrer_id
      LEFT JOIN followups_contact contact ON contact.item_id = item.id
     WHERE item.owner_id = %s
       AND ((item.state = 'open' AND item.plan_on <= %s) OR (item.state = 'done' AND item.settled_at >= %s))
     ORDER BY item.settled_at DESC NULLS FIRST, item.plan_on, item.at NULLS LAST, item.id
     LIMIT %s
"""


def day_items(user, today, until):
    """One's own open items up to the day `until`, in working order, and what was done today after them."""
    with connection.cursor() as cursor:
        cursor.execute(_DAY, [user.pk, until, midnight(today), MOST_ITEMS + 1])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def one_item(user, item_id):
    """One row of the list as it stands now; DoesNotExist for others' items."""
    return PlanItem.objects.filter(owner=user).values(*_ROW, "settled_at", "contact__result").get(pk=item_id)


def item_for_sheet(user, item_id):
    """One's own item with all its sheet shows; DoesNotExist (404) for others'."""
    return (
        PlanItem.objects.filter(owner=user)
        .select_related(
            "client__owner", "client__backup", "client__branch", "record__referrer", "contact", "branch"
        )
        .get(pk=item_id)
    )


def last_talks(client, count=5):
    """The newest lines of a person's timeline."""
    return list(client.timeline.select_related("by").order_by("-at", "-pk")[:count])


def next_of(client, user):
    """What comes next for a person, in `user`'s reach: open item, agreed meeting, last contact; each or None."""
    items = PlanItem.objects.visible_to(user).open().filter(client=client).select_related("owner")
    contacts = Contact.objects.visible_to(user).filter(client=client).select_related("by")
    meetings = Appointment.objects.filter(
        Q(manager=user) | scope(user, Permission.SEE_FOLLOW_UPS).q("branch"),
        client=client,
        state=Appointment.State.AGREED,
    )
    return (
        items.order_by("plan_on", F("at").asc(nulls_last=True), "pk").first(),
        meetings.select_related("manager").order_by("starts_at").first(),
        contacts.order_by("-at", "-pk").first(),
    )


def attempts(record):
    """How many contacts a record has, and when the last was."""
    return record.contacts.aggregate(count=Count("pk"), last=Max("at"))


def newest_balance(client):
    """The newest monthly average of a client's assets, or None."""
    return MonthlyBalance.objects.filter(client=client).order_by("-month").first()


def own_clients(user):
    """Persons `user` may plan for: looked after, or being followed up."""
    followed = FollowUp.objects.filter(client=OuterRef("pk"), manager=user).live()
    return Client.objects.filter(Q(owner=user) | Q(backup=user) | Exists(followed))


# Follow-up records


def records(user):
    """Records in reach with the next step and the last contact, for the list."""
    items = (
        PlanItem.objects.open()
        .filter(record=OuterRef("pk"))
        .order_by("plan_on", F("at").asc(nulls_last=True))
    )
    contacts = Contact.objects.filter(record=OuterRef("pk")).order_by("-at")
    return (
        FollowUp.objects.visible_to(user)
        .select_related("client__branch", "manager", "referrer", "branch")
        .defer("client__phone", "client__id_number", "client__address")
        .annotate(
            next_on=Subquery(items.values("plan_on")[:1]),
            next_at=Subquery(items.values("at")[:1]),
            next_channel=Subquery(items.values("channel")[:1]),
            last_at=Subquery(contacts.values("at")[:1]),
            last_result=Subquery(contacts.values("result")[:1]),
        )
    )


def overdue(records, today):
    """Of `records`, the live ones whose next step lies in the past."""
    late = PlanItem.objects.overdue(today).filter(record=OuterRef("pk"))
    return records.filter(Exists(late), status__in=rules.LIVE)


def without_next(records):
    """Of `records`, the live ones nobody has planned a next step for."""
    return records.filter(
        ~Exists(PlanItem.objects.open().filter(record=OuterRef("pk"))), status__in=rules.LIVE
    )


def record_counts(user, today):
    """How many records each filter of the list shows."""
    late = PlanItem.objects.overdue(today).filter(record=OuterRef("pk"))
    planned = PlanItem.objects.open().filter(record=OuterRef("pk"))
    live = Q(status__in=rules.LIVE)
    return (
        FollowUp.objects.visible_to(user)
        .annotate(is_late=Exists(late), is_planned=Exists(planned))
        .aggregate(
            live=Count("pk", filter=live),
            overdue=Count("pk", filter=live & Q(is_late=True)),
            flagged=Count("pk", filter=live & Q(flagged=True)),
            unplanned=Count("pk", filter=live & Q(is_planned=False)),
            closed=Count("pk", filter=~live),
        )
    )


def record_lines(record):
    """The lines of the record's form (domain-rules §1.2): contacts made and plans that stand."""
    return list(
        record.items.select_related("contact__by", "appointment", "owner").order_by(
            "plan_on", F("at").asc(nulls_last=True), "pk"
        )[:MOST_LINES]
    )


def managers_in_reach(user):
    """Those whose records and work logs `user` inspects: by name."""
    reach = scope(user, Permission.SEE_FOLLOW_UPS)
    if not reach:
        return User.objects.none()
    held = RoleHolding.objects.current().filter(
        reach.q("branch"), role__in=[Role.WEALTH_MANAGER, Role.MARKETING_MANAGER]
    )
    return User.objects.active().filter(pk__in=held.values("user_id")).order_by("name")


# The work log


def plans_of(user, day):
    """The plan column of one day, settled items too."""
    return list(
        PlanItem.objects.filter(owner=user, plan_on=day)
        .order_by(F("at").asc(nulls_last=True), "pk")
        .values(*_ROW, "settled_at", "contact__result")[:MOST_LINES]
    )


def appointments_of(user, day):
    """Meetings agreed for one day."""
    start = midnight(day)
    return list(
        Appointment.objects.filter(
            manager=user, starts_at__gte=start, starts_at__lt=start + datetime.timedelta(days=1)
        )
        .select_related("client")
        .defer("client__phone", "client__id_number", "client__address")
        .order_by("starts_at")[:MOST_LINES]
    )


def entries_of(user, day):
    """What was done on one business day, in order."""
    return list(
        DayEntry.objects.filter(user=user, on=day)
        .exclude(kind=DayEntry.Kind.APPOINTMENT)
        .select_related("client")
        .defer("client__phone", "client__id_number", "client__address")
        .order_by("at", "pk")[:MOST_LINES]
    )


# Reminders: each one query, however many managers


def homes_with_plans(until):
    """Home branches of those who have something open up to `until`: the chunks of the morning's job."""
    owners = PlanItem.objects.open().filter(plan_on__lte=until).order_by().values("owner_id")
    return list(
        User.objects.active()
        .filter(pk__in=owners)
        .order_by("home_branch_id")
        .values_list("home_branch_id", flat=True)
        .distinct()
    )


def load_of_managers(homes, today):
    """Per manager of these home branches: what is due today, at an agreed hour, at which hours, and overdue."""
    return list(
        PlanItem.objects.open()
        .filter(owner__home_branch_id__in=homes, plan_on__lte=today)
        .values("owner_id")
        .annotate(
            today=Count("pk", filter=Q(plan_on=today)),
            agreed=Count("pk", filter=Q(plan_on=today, at__isnull=False)),
            overdue=Count("pk", filter=Q(plan_on__lt=today)),
            hours=ArrayAgg(
                "at",
                filter=Q(plan_on=today, at__isnull=False),
                distinct=True,
                order_by="at",
                default=Value([]),
            ),
        )
        .order_by("owner_id")
    )


def long_overdue(before):
    """Per branch and manager: items that should have been done before the day `before`."""
    return list(
        PlanItem.objects.open()
        .filter(plan_on__lt=before)
        .values("branch_id", "owner__name")
        .annotate(count=Count("pk"))
        .order_by("branch_id", "-count", "owner__name")
    )


def supervisors(branch_ids):
    """(branch, supervisor) pairs held today."""
    return list(
        RoleHolding.objects.current()
        .filter(role=Role.SUPERVISOR, branch_id__in=branch_ids)
        .select_related("user")
        .order_by("user_id", "branch_id")
    )


def agreed_soon(now, within):
    """Open items whose agreed hour lies within the next moments: (item, owner, client's names)."""
    local = now.astimezone(BANK_TIME)
    end = min(local + within, midnight(local.date()) + datetime.timedelta(days=1, microseconds=-1))
    return list(
        PlanItem.objects.open()
        .filter(plan_on=local.date(), at__gt=local.time(), at__lte=end.time(), client__isnull=False)
        .select_related("owner", "client")
        .only(
            "at",
            "plan_on",
            "owner",
            "client__name",
            "client__salutation",
            "owner__is_active",
            "owner__email",
        )
        .order_by("pk")
    )
