"""The periods of domain-rules §4.5, as rows that the bank may change."""

from django.db import migrations

#: record, years, days, runs from, at the end, basis
PERIODS = (
    ("client_file", 10, 0, "relation_end", "destroy", "反洗钱法第三十四条"),
    ("maintenance", 10, 0, "relation_end", "destroy", "随客户档案"),
    ("prospect", 0, 180, "last_dealing", "anonymise", "个人信息保护法第十九、四十七条"),
    ("complaint", 5, 0, "close", "keep", "银行业保险业消费投诉处理管理办法"),
    ("audit_log", 3, 0, "made", "keep", "网络安全法第二十一条（不少于六个月）"),
    ("journal", 5, 0, "made", "keep", "行内规定"),
    ("impact", 3, 0, "made", "keep", "个人信息保护法第五十六条"),
    ("media", 20, 0, "close", "keep", "理财公司理财产品销售管理暂行办法"),
)


def seed(apps, schema_editor):
    rule = apps.get_model("clients", "RetentionRule")
    for record, years, days, start, ending, basis in PERIODS:
        rule.objects.get_or_create(
            record=record,
            defaults={"years": years, "days": days, "start": start, "ending": ending, "basis": basis},
        )


class Migration(migrations.Migration):
    dependencies = [("clients", "0018_custody")]
    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        # the new tables follow a merge like the others
        migrations.RunSQL("SELECT clients_guard_merges()", migrations.RunSQL.noop),
    ]
