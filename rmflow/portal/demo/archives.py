"""The archives of the demo's clients: profiles, families, days, holdings, consents; written in bulk.

How much is known follows from how well a client is looked after: a premium client's record is nearly
whole, that of somebody not judged yet has gaps to ask about.
"""

import datetime
import random
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from clients.models import (
    Client,
    Consent,
    ContactWish,
    FamilyMember,
    Holding,
    Household,
    ImportantDate,
    LifeEvent,
    MonthlyBalance,
    Product,
    Profile,
)
from clients.profile_rules import Care, Habit, Hobby
from clients.rules import ClientType

from . import words

BATCH = 1000
#: Type → how much of a record is known.
KNOWN: dict[str, float] = {
    ClientType.EXISTING_PREMIUM: 0.85,
    ClientType.EXISTING_POTENTIAL: 0.6,
    ClientType.PROSPECTIVE_PREMIUM: 0.5,
    ClientType.ORDINARY: 0.3,
    ClientType.UNJUDGED: 0.15,
}
CLASSES = {
    **dict.fromkeys(("企业主", "企业高管", "医生", "律师"), "leader"),
    **dict.fromkeys(("公务员", "教师", "国企职工"), "public"),
    **dict.fromkeys(("退休",), "retired"),
    **dict.fromkeys(("公司职员", "个体工商户", "工程师"), "stable"),
}
INCOMES = {"leader": (30, 120), "public": (12, 40), "stable": (8, 30), "retired": (6, 15), "other": (5, 20)}
PLANS = (
    "女儿明年八月留学，需备外汇",
    "年底换房，首付款要在十二月前到账",
    "定期到期后想要三年期以上的产品",
    "给父母买一份医疗保险",
    "企业年后扩产，问经营性贷款利率",
    "退休后想把理财换成稳健的",
    "孩子明年上小学，想存教育金",
    "想了解黄金和美元存款",
)
SCHOOLS = ("贵阳一中", "实验小学", "贵州大学", "南明幼儿园", "同济附中")
FIRMS = ("山城电子有限公司", "云岩区人民医院", "贵阳市第三中学", "黔中建设集团", "高新税务所", "鑫源商贸行")
BANKS = ("邻街商业银行", "城市银行", "股份制银行", "农商行")
#: What is sold to whom: (product code, share of premium clients, of the others, days until it may fall due)
SOLD = (
    ("CK0101", 0.95, 0.8, None),
    ("CK0301", 0.5, 0.12, 365),
    ("CK0303", 0.25, 0.04, 1095),
    ("DE0320", 0.2, 0.0, 1095),
    ("LC1007", 0.45, 0.08, None),
    ("LC2180", 0.35, 0.04, 180),
    ("JJ0001", 0.3, 0.1, None),
    ("JJ0110", 0.2, 0.03, None),
    ("BX0201", 0.15, 0.02, None),
    ("GZ0305", 0.12, 0.03, 1095),
    ("GJ0050", 0.05, 0.01, None),
    ("DK0101", 0.2, 0.06, 7200),
    ("DK0201", 0.06, 0.04, 1095),
    ("DK0301", 0.06, 0.01, 1095),
    ("XY0001", 0.6, 0.2, None),
    ("FW0001", 0.8, 0.6, None),
    ("FW0002", 0.3, 0.3, None),
    ("FW0003", 0.4, 0.2, None),
    ("FW0004", 0.6, 0.5, None),
    ("FW0005", 0.15, 0.03, None),
    ("FW0006", 0.08, 0.01, None),
)
MONTHS = """
    UPDATE clients_monthlybalance b
       SET point_amount = round(b.amount * (0.94 + (b.id %% 13) / 100.0), 2),
           deposits = round(b.amount * (0.3 + (b.client_id %% 50) / 100.0), 2),
           fee_income = CASE WHEN b.amount > 0 THEN round(b.amount * (b.client_id %% 7) / 20000.0, 2) ELSE 0 END
     WHERE b.point_amount IS NULL AND b.client_id BETWEEN %s AND %s
"""


def make(branches, today: datetime.date, seed: int):
    """Archives for every client; an own generator, so that the rest of the city stays what it was."""
    rng = random.Random(seed + 5)  # noqa: S311  # nosec B311
    clients = list(Client.objects.filter(branch__in=branches.values()).select_related("owner").order_by("pk"))
    profiles, family, days, events, consents, wishes = [], [], [], [], [], []
    for client in clients:
        known = KNOWN[client.type]
        profiles.append(_profile(client, rng, known, today))
        if rng.random() < known:
            family += _family(client, rng, today)
            days += _days(client, rng)
        if rng.random() < known / 4:
            events.append(_event(client, rng, today))
        consents += _consents(client, rng, known)
        if rng.random() < 0.08:
            wishes.append(ContactWish(client=client, channel="phone", wanted=False, note="上班时间不便接听"))
    Profile.objects.bulk_create(profiles, batch_size=BATCH)
    FamilyMember.objects.bulk_create(family, batch_size=BATCH)
    ImportantDate.objects.bulk_create(days, batch_size=BATCH)
    LifeEvent.objects.bulk_create(events, batch_size=BATCH)
    Consent.objects.bulk_create(consents, batch_size=BATCH)
    ContactWish.objects.bulk_create(wishes, batch_size=BATCH)
    Holding.objects.bulk_create(_holdings(clients, rng, today), batch_size=BATCH)
    _ties(clients, rng)


def fill_months():
    """Month ends, deposits and fees of the balances, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM clients_client")
        cursor.execute(MONTHS, cursor.fetchone())


def _some(rng, choices, most):
    return rng.sample(list(choices.values), rng.randint(1, most))


def _profile(client, rng, known, today):
    def told(value, empty=""):
        return value if rng.random() < known else empty

    job = CLASSES.get(client.occupation, "other")
    low, high = INCOMES[job]
    assessed = today - datetime.timedelta(days=rng.randint(20, 400))
    risk = told(rng.choices(("C1", "C2", "C3", "C4", "C5"), (15, 35, 30, 15, 5))[0])
    most = told(_some(rng, Care, 3), [])
    return Profile(
        client=client,
        nationality="中国",
        employer=told(rng.choice(FIRMS)),
        job_title=told(rng.choice(("经理", "主任", "职员", "店主", "教师"))),
        job_class=told(job),
        social_role=told(rng.random() < 0.04, None),
        family_income=told(Decimal(rng.randint(low, high) * 10_000), None),
        hobbies=told(_some(rng, Hobby, 3), []),
        is_lunar_birthday=rng.random() < 0.2,
        district=told(f"贵阳市云岩区{rng.choice(words.ROADS)}一带"),
        email=told(f"c{client.pk}@example.cn") if rng.random() < 0.3 else "",
        contact_channel=told(rng.choice(("phone", "wechat", "sms"))),
        contact_hours=told(rng.choice(("morning", "afternoon", "evening", "weekend"))),
        activity=told(rng.choice(("high", "middle", "low"))),
        price_sensitivity=told(rng.choice(("high", "middle", "low"))),
        risk_tolerance=risk,
        risk_assessed_on=assessed if risk else None,
        risk_valid_until=assessed + datetime.timedelta(days=365) if risk else None,
        preferences=told(rng.sample(("deposit", "wealth", "fund", "bond", "insurance"), 2), []),
        habits=told(_some(rng, Habit, 2), []),
        experience=told(rng.choice(("none", "short", "middle", "long"))),
        other_bank_assets=told(Decimal(rng.randint(0, 150) * 10_000), None),
        other_bank=told(rng.choice(BANKS)),
        cares_most=most,
        cares_least=told([code for code in _some(rng, Care, 1) if code not in most], []),
        wants=rng.choice(PLANS) if rng.random() < known / 2 else "",
        updated_by=client.owner,
        updated_at=timezone.now() - datetime.timedelta(days=rng.randint(1, 200)),
    )


def _family(client, rng, today):
    """A spouse of the same age, children, perhaps a parent."""
    born = client.birth_date
    if client.marital_status == "已婚":
        yield FamilyMember(
            client=client,
            relation="spouse",
            name=words.person(rng)[0],
            birth_date=_near(born, rng, 0),
            occupation=rng.choice(("教师", "公司职员", "个体经营", "公务员", "退休")),
        )
    if born.year < today.year - 28 and rng.random() < 0.8:
        child = _near(born, rng, 27)
        if child.year < today.year - 14:
            school = rng.choice(SCHOOLS) if child.year > today.year - 24 else rng.choice(FIRMS)
            name = client.name[:1] + rng.choice(("子涵", "雨桐", "浩然", "思远"))
            yield FamilyMember(
                client=client, relation="child", name=name, birth_date=child, occupation=school
            )
    if rng.random() < 0.25:
        yield FamilyMember(
            client=client,
            relation="parent",
            name="",
            birth_date=_near(born, rng, -28),
            lunar=True,
            occupation="退休",
        )


def _near(born, rng, years):
    return datetime.date(born.year + years + rng.randint(-3, 3), rng.randint(1, 12), rng.randint(1, 28))


def _days(client, rng):
    if client.marital_status == "已婚":
        yield ImportantDate(
            client=client,
            kind="wedding",
            month=rng.randint(1, 12),
            day=rng.randint(1, 28),
            label="结婚纪念日",
        )
    if rng.random() < 0.3:
        yield ImportantDate(
            client=client,
            kind="other",
            month=rng.randint(1, 12),
            day=rng.randint(1, 30),
            lunar=True,
            label="母亲寿辰",
        )


def _event(client, rng, today):
    return LifeEvent(
        client=client,
        kind=rng.choice(("school", "job", "house", "birth", "retirement")),
        on=today - datetime.timedelta(days=rng.randint(30, 700)),
        by=client.owner,
    )


def _consents(client, rng, known):
    given = client.notice_at or timezone.now()
    row = {"client": client, "given_at": given, "version": "1.0", "by": client.owner}
    yield Consent(purpose="service", basis="contract", **row)
    if rng.random() < known:
        yield Consent(purpose="marketing", basis="consent", **row)


def _holdings(clients, rng, today):
    """What each holds by type; terms end within the next months for some."""
    products = {product.code: product for product in Product.objects.all()}
    sums = dict(MonthlyBalance.objects.order_by("month").values_list("client_id", "amount"))
    number = 622_200_000_000
    for client in clients:
        premium = client.type == ClientType.EXISTING_PREMIUM
        assets = sums.get(client.pk, Decimal(8_000))
        for code, often, seldom, days in SOLD:
            if rng.random() >= (often if premium else seldom):
                continue
            number += 7
            opened = today - datetime.timedelta(days=rng.randint(5, 900 if days is None else days - 3))
            yield Holding(
                client=client,
                product=products[code],
                contract_no=str(number),
                amount=_amount(code, assets, rng),
                opened_on=opened,
                matures_on=opened + datetime.timedelta(days=days) if days else None,
                overdue_days=45 if code.startswith("DK") and rng.random() < 0.02 else 0,
            )


def _amount(code, assets, rng):
    if code.startswith(("FW", "XY")):
        return Decimal(0)
    if code.startswith("DK"):
        return Decimal(rng.randint(5, 80) * 10_000)
    return (assets * rng.randint(5, 45) / 100).quantize(Decimal("0.01"))


def _ties(clients, rng):
    """Some introduced others of their branch, some couples bank together."""
    changed, homes = [], []
    by_branch = {}
    for client in clients:
        by_branch.setdefault(client.branch_id, []).append(client)
    for members in by_branch.values():
        premium = [client for client in members if client.type == ClientType.EXISTING_PREMIUM]
        for client in rng.sample(members, len(members) // 12):
            introducer = rng.choice(premium)
            if introducer.pk < client.pk:
                client.introducer = introducer
                changed.append(client)
        chosen = rng.sample(premium, len(premium) // 4 * 2)
        while chosen:
            size = 3 if len(homes) % 3 == 0 and len(chosen) > 2 else 2
            together, chosen = chosen[:size], chosen[size:]
            if len(together) > 1:
                homes.append((Household(name=together[0].name, branch_id=together[0].branch_id), *together))
    Household.objects.bulk_create([home for home, *_members in homes])
    for home, *members in homes:
        for client in members:
            client.household = home
            changed.append(client)
    FamilyMember.objects.bulk_create(_relatives(homes))
    Client.objects.bulk_update(dict.fromkeys(changed), ["introducer", "household"], batch_size=500)


def _relatives(homes):
    """Who lives together stands in each other's list of relatives."""
    for _home, *members in homes:
        for one in members:
            for other in members:
                if one is not other:
                    relation = "sibling" if one.name[:1] == other.name[:1] else "other"
                    yield FamilyMember(client=one, person=other, relation=relation, name=other.name)
