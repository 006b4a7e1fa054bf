"""The rows behind a figure: slips and deals, by the same conditions as the statement that counts them."""

from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat, TruncDate

from clients.rules import ClientType
from followups.models import Contact, Deal, PlanItem
from followups.rules import PlanKind, Result

from ..models import Referral
from ..rules import CheckResult, Reception, Status
from ..rules.credit import COUNTED

#: What each measure counts, for the rows behind it.
VERDICTS = {
    "premium": ClientType.EXISTING_PREMIUM,
    "potential": ClientType.EXISTING_POTENTIAL,
    "prospective": ClientType.PROSPECTIVE_PREMIUM,
    "ordinary": ClientType.ORDINARY,
}
TRUE = (CheckResult.MATCHED, CheckResult.CORRECTED)
GOOD = (ClientType.EXISTING_PREMIUM, ClientType.EXISTING_POTENTIAL, ClientType.PROSPECTIVE_PREMIUM)
NOT_REACHED = (Result.NO_ANSWER, Result.WRONG_NUMBER)

_TALKS = Contact.objects.filter(record=OuterRef("follow_up"), at__gte=OuterRef("filed_at"))
_FIRST = PlanItem.objects.filter(
    kind=PlanKind.FOLLOW_UP,
    source_key=Concat(
        Value("referral:"), Cast(OuterRef("pk"), CharField()), Value(":first"), output_field=CharField()
    ),
)
#: The first contact came by the last day it may come.
_IN_TIME = Exists(
    _FIRST.filter(
        Exists(
            Contact.objects.filter(
                record=OuterRef(OuterRef("follow_up")), at__gte=OuterRef(OuterRef("filed_at"))
            )
            .annotate(on=TruncDate("at"))
            .filter(on__lte=Coalesce(OuterRef("must_by"), OuterRef("plan_on")))
        )
    )
)

SLIPS_OF = {
    "total": Q(),
    "referred": Q(status=Status.REFERRED),
    "to_follow_up": Q(status=Status.TO_FOLLOW_UP),
    "verified": Q(check_result__in=TRUE),
    "repeats": Q(check_result=CheckResult.REPEAT),
    "invalid": Q(check_result=CheckResult.INVALID),
    "checked": Q(check_result__in=(*TRUE, CheckResult.INVALID)),
    "good": Q(check_result__in=TRUE, outcome__in=GOOD),
    **{name: Q(check_result__in=TRUE, outcome=value) for name, value in VERDICTS.items()},
    "reached": Q(check_result__in=TRUE, outcome__in=GOOD)
    & (Q(reception=Reception.MET) | Q(Exists(_TALKS.exclude(result__in=NOT_REACHED)))),
    "in_time": Q(status=Status.TO_FOLLOW_UP) & Q(_IN_TIME),
}
DEALS_OF = {
    "deals": Q(),
    "spot_deals": Q(credit__referral__status=Status.REFERRED),
    "follow_deals": Q(credit__referral__status=Status.TO_FOLLOW_UP),
    "converted": Q(credit__referral__status=Status.TO_FOLLOW_UP, credit__is_first=True),
    # By the month the slip counts in, whenever the deal came.
    "cohort_deals": Q(),
    "cohort_converted": Q(credit__referral__status=Status.TO_FOLLOW_UP, credit__is_first=True),
}
COHORT = ("cohort_deals", "cohort_converted")

_SLIP = "credit__referral__"
#: The day a deal's slip counts in, else the day it was filed.
MADE = Coalesce(F(f"{_SLIP}counted_on__date"), F(f"{_SLIP}day__date"))

#: What a filter is called on the rows of each kind.
SLIP_NAMES = {
    "employee": "referrer_id", "role": "referrer_role", "channel": "source_channel",
    "branch": "counted_on__branch_id", "region": "counted_on__branch__parent_id", "date": "counted_on__date",
    "hour": "referred_at__hour", "weekday": "counted_on__date__iso_week_day",
}  # fmt: skip
DEAL_NAMES = {
    "role": f"{_SLIP}referrer_role", "channel": f"{_SLIP}source_channel", "branch": f"{_SLIP}sender_branch_id",
    "region": f"{_SLIP}sender_branch__parent_id", "date": "day__date", "hour": f"{_SLIP}referred_at__hour",
    "weekday": "day__date__iso_week_day",
}  # fmt: skip


def slips(question, measure="total"):
    """The slips behind a figure, in the order they were made."""
    found = Referral.objects.filter(
        question.scope.q("counted_on__branch"),
        status__in=COUNTED,
        counted_on__closed_at__isnull=False,
        counted_on__date__range=(question.first, question.last),
    ).with_outcome()
    for name, value in question.only.items():
        found = found.filter(**{SLIP_NAMES[name]: value})
    return (
        found.filter(SLIPS_OF[measure])
        .with_people()
        .select_related("counted_on")
        .order_by("referred_at", "pk")
    )


def deals(question, measure="deals"):
    """The deals behind a figure. Of a person: those referred and, by 双算, those sold."""
    found = Deal.objects.annotate(made=MADE).filter(
        question.scope.q(f"{_SLIP}sender_branch"),
        credit__isnull=False,
        day__closed_at__isnull=False,
        **_between(question, measure),
    )
    only = dict(question.only)
    person = only.pop("employee", None)
    if person is not None:
        found = found.filter(_of_person(person, only.pop("role", None)))
    for name, value in only.items():
        found = found.filter(**{DEAL_NAMES[name]: value})
    people = ("product", "client", "manager", "day", "branch", f"{_SLIP}referrer")
    return found.filter(DEALS_OF[measure]).select_related(*people).order_by("done_on", "pk")


def _between(question, measure):
    """The days a deal lies between: its own, or for a cohort those its slip counts in."""
    span = (question.first, question.last)
    if measure not in COHORT:
        return {"day__date__range": span}
    return {"made__range": span}


def _of_person(person, role):
    as_referrer = Q(credit__referrer_id=person)
    as_manager = Q(credit__manager_id=person) & ~Q(credit__referrer_id=person)
    if role:
        as_referrer &= Q(**{f"{_SLIP}referrer_role": role})
        as_manager = as_manager if role == "wealth_manager" else Q(pk__in=[])
    return as_referrer | as_manager


def by_number(numbers, scope, *, deals):
    """Slips or deals by their numbers, in the same order as behind a live figure."""
    if deals:
        people = ("product", "client", "manager", "day", "branch", f"{_SLIP}referrer")
        found = Deal.objects.filter(scope.q(f"{_SLIP}sender_branch"), pk__in=numbers)
        return found.select_related(*people).order_by("done_on", "pk")
    found = Referral.objects.filter(scope.q("sender_branch"), pk__in=numbers).with_outcome().with_people()
    return found.select_related("counted_on").order_by("referred_at", "pk")
