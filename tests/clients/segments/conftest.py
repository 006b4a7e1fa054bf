"""Three clients of one branch about whom much, little and nothing is known; a fourth of another branch."""

import datetime
from types import SimpleNamespace

import pytest

from clients.actions.evaluation import make_partition
from clients.models import (
    Archive,
    Consent,
    ContactWish,
    Evaluation,
    EvaluationRun,
    FamilyMember,
    Holding,
    Household,
    ImportantDate,
    LifeEvent,
    MonthlyBalance,
    Product,
    Profile,
    Scorecard,
)

TODAY = datetime.date(2026, 10, 8)
SEPTEMBER, JUNE = datetime.date(2026, 9, 1), datetime.date(2026, 6, 1)
NOON = datetime.datetime(2026, 10, 1, 4, tzinfo=datetime.UTC)


def day(text):
    return datetime.date.fromisoformat(text)


def held(client, code, number, opened, matures=None, overdue=0):
    return Holding.objects.create(
        client=client,
        product=Product.objects.get(code=code),
        contract_no=f"{client.pk}-{number}",
        amount=1,
        opened_on=day(opened),
        matures_on=day(matures) if matures else None,
        overdue_days=overdue,
    )


def product(category, risk=""):
    return Product.objects.create(code=f"X{category}", name=category, category=category, risk=risk).code


def furnish(client, by, codes):
    """Everything that may be asked about."""
    Archive.objects.create(client=client, file_no=f"A-{client.pk}", branch=client.branch, opened_by=by)
    Profile.objects.create(
        client=client,
        job_class="leader",
        employer="鑫源商贸行",
        social_role=True,
        family_income=500_000,
        hobbies=["tea", "travel"],
        district="云岩区",
        activity="high",
        price_sensitivity="low",
        risk_tolerance="C3",
        risk_assessed_on=day("2026-01-01"),
        risk_valid_until=day("2026-12-31"),
        preferences=["fund"],
        habits=["counter"],
        experience="long",
        other_bank_assets=1_000_000,
        cares_most=["returns", "safety"],
        cares_least=["salons"],
        contact_channel="phone",
        contact_hours="morning",
        wants="女儿明年留学",
    )
    money = {"point_amount": 810_000, "deposits": 300_000}
    MonthlyBalance.objects.create(client=client, month=SEPTEMBER, amount=800_000, **money)
    MonthlyBalance.objects.create(client=client, month=JUNE, amount=500_000)
    held(client, codes["fund"], 1, "2026-10-01", "2026-10-20")
    held(client, codes["deposit"], 2, "2025-01-01", "2027-01-01")
    held(client, codes["loan"], 3, "2025-01-01", overdue=10)
    FamilyMember.objects.create(client=client, relation="child")
    ImportantDate.objects.create(client=client, kind="wedding", month=5, day=1)
    LifeEvent.objects.create(client=client, kind="house", on=day("2026-05-01"))
    Consent.objects.create(client=client, purpose="marketing", version="1.0", basis="consent")
    ContactWish.objects.create(client=client, channel="sms", wanted=False)


def evaluate(client, run, total, short):
    Evaluation.objects.create(
        client=client,
        run=run,
        month=SEPTEMBER,
        branch=client.branch,
        scorecard=run.scorecard,
        points=[],
        total=total,
        short=short,
        tier_before="",
        tier="",
        move="stay",
        reason="held",
        type_before="unjudged",
        type="unjudged",
        type_reason="tier",
    )


@pytest.fixture
def cast(person, wealth, colleague):
    """chen: known well, `wealth`'s own; wang: a little, nobody's; blank: nothing; far: chen's twin elsewhere."""
    codes = {"fund": product("fund", "R3"), "deposit": product("deposit"), "loan": product("loan")}
    wang = person(
        "王五",
        phone="",
        type="ordinary",
        salutation="sir",
        birth_date=day("1990-03-01"),
        do_not_contact=True,
        last_contact_at=NOON - datetime.timedelta(days=150),
        created_at=NOON - datetime.timedelta(days=10),
    )
    rich = {
        "type": "existing_premium",
        "level": "core",
        "tier": "T4",
        "tier_since": day("2026-07-01"),
        "watch_since": day("2026-09-01"),
        "salutation": "madam",
        "birth_date": day("1966-10-08"),
        "occupation": "企业主",
        "education": "本科",
        "marital_status": "已婚",
        "introducer": wang,
        "last_contact_at": NOON,
        "created_at": NOON - datetime.timedelta(days=400),
    }
    chen, far = person(owner=wealth, **rich), person(branch="second", owner=colleague, **rich)
    blank = person("赵六", phone="", owner=colleague, created_at=NOON - datetime.timedelta(days=100))
    for client in (chen, far):
        client.household = Household.objects.create(name="陈家", branch=client.branch)
        client.save()
        furnish(client, wealth, codes)
    Profile.objects.create(
        client=wang, activity="low", hobbies=["tea"], social_role=False, family_income=100_000
    )
    MonthlyBalance.objects.create(client=wang, month=SEPTEMBER, amount=-50_000)
    held(wang, codes["deposit"], 1, "2024-01-01", "2026-11-30")
    make_partition(SEPTEMBER)
    days = {"effective_on": TODAY, "upgrades_on": TODAY}
    run = EvaluationRun.objects.create(
        kind="monthly", month=SEPTEMBER, scorecard=Scorecard.objects.get(), state="ready", **days
    )
    evaluate(chen, run, 80, 20_000)
    evaluate(wang, run, 40, None)
    return SimpleNamespace(chen=chen, wang=wang, blank=blank, far=far)
