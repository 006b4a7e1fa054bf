"""The partitioned table of results, and the scorecard and tiers as shipped (domain-rules §2.2, §2.3)."""

import datetime

from django.db import migrations

TABLE = """
CREATE TABLE clients_evaluation (
    client_id bigint NOT NULL,
    run_id bigint NOT NULL,
    month date NOT NULL,
    scorecard_id bigint NOT NULL,
    branch_id bigint NOT NULL,
    owner_id bigint,
    points smallint[] NOT NULL,
    total smallint,
    average numeric(16, 2),
    short numeric(16, 2),
    tier_before varchar(2) NOT NULL,
    tier varchar(2) NOT NULL,
    misses smallint NOT NULL,
    watched boolean NOT NULL,
    watched_before boolean NOT NULL,
    move varchar(5) NOT NULL,
    reason varchar(14) NOT NULL,
    type_before varchar(20) NOT NULL,
    type varchar(20) NOT NULL,
    level_before varchar(8) NOT NULL,
    level varchar(8) NOT NULL,
    type_reason varchar(8) NOT NULL,
    flags smallint NOT NULL,
    PRIMARY KEY (client_id, run_id, month)
) PARTITION BY RANGE (month);
-- The rows of a branch lie together, since a branch is written at once: a small index finds them.
CREATE INDEX evaluation_branch ON clients_evaluation USING brin (run_id, branch_id) WITH (pages_per_range = 16);
CREATE INDEX evaluation_moved ON clients_evaluation (run_id, branch_id, move)
    WHERE move <> 'stay';
CREATE INDEX evaluation_near ON clients_evaluation (run_id, branch_id, short) WHERE short IS NOT NULL;
CREATE TABLE clients_evaluation_other PARTITION OF clients_evaluation DEFAULT;
"""

TIERS = [
    ("T0", "大众客户", 0, False, False, "ordinary", None),
    ("T1", "潜力客户", 50_000, False, False, "existing_potential", None),
    ("T2", "金卡", 200_000, True, False, "", None),
    ("T3", "白金", 500_000, True, False, "", None),
    ("T4", "钻石", 2_000_000, True, True, "", None),
    ("T5", "私人银行", 6_000_000, True, True, "", 6),
]


def steps(*pairs, unit=10_000):
    """Bands from (threshold, points): the first begins nowhere, the last ends nowhere."""
    lows = [None, *(threshold * unit for threshold, _points in pairs[1:])]
    return [
        {"low": low, "high": high, "points": points}
        for low, high, (_threshold, points) in zip(lows, [*lows[1:], None], pairs, strict=True)
    ]


def codes(**points):
    return [{"code": code, "points": value} for code, value in points.items()]


#: dimension, weight, outside strength, [(indicator, source, only beside others, bands)]
CARD = [
    ("存款及金融资产", 40, False, [
        ("月日均金融资产", "aum_month_avg", False,
         steps((0, 0), (5, 8), (10, 12), (20, 18), (50, 26), (100, 31), (200, 35), (600, 40))),
    ]),
    ("贷款", 15, False, [
        ("正常贷款余额（按揭×1，其他×2）", "loan_weighted", False,
         steps((0, 0), (10, 4), (30, 7), (50, 9), (100, 12), (300, 15))),
    ]),
    ("中间业务", 15, False, [
        ("持有产品种类", "products_held", False,
         steps((0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9), unit=1)),
        ("半年中间业务收入", "fee_half_year", False,
         steps((0, 0), (200, 2), (1000, 4), (5000, 6), unit=1)),
    ]),
    ("职业", 10, True, [
        ("职业类别", "job_class", False, codes(leader=10, public=8, stable=6, retired=6, other=3)),
    ]),
    ("家庭", 10, True, [
        ("家庭年收入", "family_income", False, steps((0, 1), (10, 3), (20, 5), (50, 8), (100, 10))),
        ("家庭成员同在本行", "household_members", True, steps((0, 0), (2, 1), unit=1)),
    ]),
    ("社会影响", 10, False, [
        ("业委会、商会、协会负责人", "social_role", False, codes(yes=4, no=0)),
        ("近十二个月转介客户", "referrals_12m", False, steps((0, 0), (1, 2), (2, 4), (3, 6), unit=1)),
    ]),
]  # fmt: skip


def sow(apps, schema_editor):
    models = {name: apps.get_model("clients", name) for name in ("Scorecard", "TierRule", "Dimension",
                                                                "Indicator", "Band")}  # fmt: skip
    if models["Scorecard"].objects.exists():
        return
    card = models["Scorecard"].objects.create(
        version="2026-1",
        name="优质客户综合评价",
        state="published",
        published_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    )
    for code, name, minimum, premium, core, hint, months in TIERS:
        models["TierRule"].objects.create(
            scorecard=card, code=code, name=name, minimum=minimum, premium=premium, core=core,
            type_hint=hint, downgrade_after=months,
        )  # fmt: skip
    for position, (name, weight, external, indicators) in enumerate(CARD):
        dimension = models["Dimension"].objects.create(
            scorecard=card, position=position, name=name, weight=weight, is_external=external
        )
        for place, (title, source, supplement, bands) in enumerate(indicators):
            indicator = models["Indicator"].objects.create(
                dimension=dimension, position=place, name=title, source=source, supplement=supplement
            )
            models["Band"].objects.bulk_create(models["Band"](indicator=indicator, **band) for band in bands)


class Migration(migrations.Migration):

    dependencies = [("clients", "0004_scoring")]

    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE clients_evaluation"),
        migrations.RunPython(sow, migrations.RunPython.noop),
    ]
