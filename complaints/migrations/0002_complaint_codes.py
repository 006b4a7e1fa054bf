"""Seed of the classification tree: the words of JR/T 0169-2018 as banks use them (domain-rules §3.3).

The standard's own numbers are left open (`std_code`): the bank enters them in its reference data.
"""

from django.db import migrations

#: code, name, codes under it
CHANNEL = [
    ("A1", "前台渠道", [
        ("A11", "营业现场"), ("A12", "自助机具"), ("A13", "网上银行"), ("A14", "电话银行"),
        ("A15", "移动客户端"), ("A16", "网络公众平台"), ("A17", "短信"), ("A18", "其他电子渠道"),
        ("A19", "第三方渠道"), ("A199", "其他前台渠道"),
    ]),
    ("A2", "中、后台业务渠道", []),
]
BUSINESS = [
    ("B1", "人民币储蓄"), ("B2", "贷款"), ("B3", "银行卡"), ("B4", "支付结算"), ("B5", "自营理财"),
    ("B6", "银行代理业务"), ("B7", "其他中间业务"), ("B8", "外汇"), ("B9", "贵金属"), ("B10", "国库"),
    ("B11", "人民币管理"), ("B12", "个人金融信息"), ("B13", "债务催收"), ("B99", "其他"),
]
CAUSE = [
    ("C1", "服务态度及服务质量"), ("C2", "服务设施、设备、业务系统"), ("C3", "管理制度、业务规则与流程"),
    ("C4", "营销方式和手段"), ("C5", "信息披露"), ("C6", "自主选择权"), ("C7", "定价收费"),
    ("C8", "产品收益"), ("C9", "合同条款"), ("C10", "消费者资金安全"), ("C11", "消费者信息安全"),
    ("C12", "债务催收方式和手段"), ("C99", "其他"),
]


def sow(apps, schema_editor):
    code = apps.get_model("complaints", "ComplaintCode")
    position = 0
    for top, name, below in CHANNEL:
        position += 1
        parent = code.objects.create(kind="channel", code=top, name=name, position=position)
        for own, word in below:
            position += 1
            code.objects.create(kind="channel", code=own, name=word, parent=parent, position=position)
    for kind, rows in (("business", BUSINESS), ("cause", CAUSE)):
        code.objects.bulk_create(
            [code(kind=kind, code=own, name=word, position=n) for n, (own, word) in enumerate(rows, 1)]
        )


class Migration(migrations.Migration):

    dependencies = [("complaints", "0001_complaints")]

    operations = [migrations.RunPython(sow, migrations.RunPython.noop)]
