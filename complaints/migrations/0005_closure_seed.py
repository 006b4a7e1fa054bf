"""What the bank starts with: destinations, thresholds of the nightly watch (§7.4), kinds of opening with kits."""

from decimal import Decimal

from django.db import migrations

DESTINATIONS = (
    *("工商银行", "农业银行", "中国银行", "建设银行", "交通银行", "邮储银行", "招商银行"),
    *("其他股份制银行", "城商行、农商行", "证券、基金公司", "互联网平台", "自用未存他行", "不详"),
)
#: trigger → share of the assets in %, amount in yuan, days
WATCH = {
    "day_out": (Decimal(20), Decimal(500_000), 5),
    "month_drop": (Decimal(30), None, None),
    "below_tier": (Decimal(10), None, None),
    "maturing": (None, Decimal(200_000), 7),
}
#: kind → forms (those with * are not needed by everybody), codes of products offered with it
KINDS = {
    "个人结算账户（借记卡）": (
        ("开户申请书", "身份证件核验单", "税收居民身份声明", "个人信息处理授权书", "电子银行签约单*"),
        ("credit_card", "wealth"),
    ),
    "定期存款": (("存款凭证", "身份证件核验单", "到期转存约定书*"), ("certificate", "bond")),
    "大额存单": (("大额存单申请书", "身份证件核验单", "利率与提前支取告知书"), ("wealth", "bond")),
    "理财签约": (
        ("理财签约申请书", "风险承受能力评估表", "双录告知书", "产品风险揭示书"),
        ("fund", "metal"),
    ),
    "第三方存管": (("三方存管签约协议", "身份证件核验单", "证券资金账户确认单"), ("fund",)),
    "个人养老金账户": (
        ("个人养老金账户开户申请书", "身份证件核验单", "税收优惠告知书"),
        ("fund", "insurance"),
    ),
}


def seed(apps, schema_editor):
    destination, rule = (apps.get_model("complaints", name) for name in ("Destination", "MovementRule"))
    for position, name in enumerate(DESTINATIONS):
        destination.objects.get_or_create(name=name, defaults={"position": position})
    for trigger, (share, amount, days) in WATCH.items():
        facts = {"share": share, "amount": amount, "days": days}
        rule.objects.get_or_create(trigger=trigger, defaults=facts)
    kinds, forms = (apps.get_model("complaints", name) for name in ("OpeningKind", "KitForm"))
    products = apps.get_model("clients", "Product")
    for position, (name, (kit, categories)) in enumerate(KINDS.items()):
        kind, made = kinds.objects.get_or_create(name=name, defaults={"position": position})
        if not made:
            continue
        for place, form in enumerate(kit):
            needed = not form.endswith("*")
            forms.objects.create(kind=kind, name=form.rstrip("*"), required=needed, position=place)
        for category in categories:
            first = products.objects.filter(category=category, active=True).order_by("code").first()
            if first is not None:
                kind.products.add(first)


class Migration(migrations.Migration):

    dependencies = [
        ("complaints", "0004_closures"),
        ("clients", "0003_seed_products"),
    ]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
