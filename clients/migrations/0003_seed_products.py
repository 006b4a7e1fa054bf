"""The products a branch sells every day; the bank edits the list in its reference data."""

from django.db import migrations

PRODUCTS = [
    ("CK0101", "活期存款", "deposit"),
    ("CK0301", "整存整取定期存款（一年）", "deposit"),
    ("CK0303", "整存整取定期存款（三年）", "deposit"),
    ("DE0320", "大额存单（三年，20 万元起）", "certificate"),
    ("LC1007", "稳健日申理财（R2，七日开放）", "wealth"),
    ("LC2180", "固收增强理财（R3，180 天）", "wealth"),
    ("JJ0001", "货币市场基金（R1）", "fund"),
    ("JJ0110", "债券型基金（R2）", "fund"),
    ("BX0201", "年金保险（期交）", "insurance"),
    ("GZ0305", "储蓄国债（电子式，三年）", "bond"),
    ("GJ0050", "投资金条（50 克）", "metal"),
    ("XY0001", "白金信用卡", "credit_card"),
]


def sow(apps, schema_editor):
    product = apps.get_model("clients", "Product")
    product.objects.bulk_create(
        [product(code=code, name=name, category=category) for code, name, category in PRODUCTS],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [("clients", "0002_products")]

    operations = [migrations.RunPython(sow, migrations.RunPython.noop)]
