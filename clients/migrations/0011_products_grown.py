"""Risk, smallest amount, term and family of the shipped products; loans and services beside them."""

from django.db import migrations

#: code → risk, minimum, days, family
GROWN = {
    "CK0101": ("R1", None, None, "存款"),
    "CK0301": ("R1", 50, 365, "存款"),
    "CK0303": ("R1", 50, 1095, "存款"),
    "DE0320": ("R1", 200_000, 1095, "存款"),
    "LC1007": ("R2", 1, 7, "理财"),
    "LC2180": ("R3", 10_000, 180, "理财"),
    "JJ0001": ("R1", 1, None, "基金"),
    "JJ0110": ("R2", 100, None, "基金"),
    "BX0201": ("R2", 10_000, 3650, "保险"),
    "GZ0305": ("R1", 100, 1095, "国债"),
    "GJ0050": ("R3", 30_000, None, "贵金属"),
    "XY0001": ("", None, None, "信用卡"),
}
#: code, name, category, risk, minimum, days, family, mortgage
NEW = [
    ("LC5360", "私享权益增强理财（R4，360 天）", "wealth", "R4", 1_000_000, 360, "理财", False),
    ("JJ0210", "沪深 300 指数基金（R4）", "fund", "R4", 10, None, "基金", False),
    ("DK0101", "个人住房按揭贷款", "loan", "", None, 7200, "贷款", True),
    ("DK0201", "个人综合消费贷款", "loan", "", 10_000, 1095, "贷款", False),
    ("DK0301", "个人经营性贷款", "loan", "", 50_000, 1095, "贷款", False),
    ("FW0001", "手机银行", "mobile_banking", "", None, None, "服务", False),
    ("FW0002", "代发工资", "payroll", "", None, None, "服务", False),
    ("FW0003", "水电燃气代缴", "bill_pay", "", None, None, "服务", False),
    ("FW0004", "快捷支付", "quick_pay", "", None, None, "服务", False),
    ("FW0005", "第三方存管", "custody", "", None, None, "服务", False),
    ("FW0006", "个人结售汇", "forex", "", None, None, "服务", False),
]
RELATED = [
    ("CK0301", "LC1007"),
    ("CK0303", "DE0320"),
    ("CK0303", "GZ0305"),
    ("LC1007", "LC2180"),
    ("LC2180", "LC5360"),
    ("JJ0001", "JJ0110"),
    ("JJ0110", "JJ0210"),
    ("FW0005", "JJ0210"),
    ("DK0101", "BX0201"),
    ("FW0002", "XY0001"),
]


def sow(apps, schema_editor):
    product = apps.get_model("clients", "Product")
    for code, (risk, minimum, days, family) in GROWN.items():
        product.objects.filter(code=code, risk="", minimum=None).update(
            risk=risk, minimum=minimum, tenor_days=days, family=family
        )
    fields = ("code", "name", "category", "risk", "minimum", "tenor_days", "family", "is_mortgage")
    product.objects.bulk_create(
        [product(**dict(zip(fields, row, strict=True))) for row in NEW], ignore_conflicts=True
    )
    found = dict(product.objects.values_list("code", "pk"))
    link = product.related.through
    pairs = [(found[a], found[b]) for a, b in RELATED if a in found and b in found]
    link.objects.bulk_create(
        [
            link(from_product_id=one, to_product_id=other)
            for a, b in pairs
            for one, other in ((a, b), (b, a))
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [("clients", "0010_archive")]

    operations = [migrations.RunPython(sow, migrations.RunPython.noop)]
