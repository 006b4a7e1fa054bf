"""Files of the core system: one loaded with two rows left out, one that waits for its preview."""

from django.core.files.uploadedfile import SimpleUploadedFile

from clients.actions import drop
from clients.importing import guess
from clients.models import MonthlyBalance
from rmflow.staff.models import User
from rmflow.staff.permissions import Role

ROWS = 300
HOLDINGS = (
    "客户编号,产品编号,合同号,持有金额,购买日期,到期日期\n"
    '081700000001,LC2180,LC20260001,"200,000.00",2026/06/01,2026/11/28\n'
    '081700000002,CK0303,CK20260002,"80,000.00",2026/03/15,2029/03/15\n'
    "081700000003,LC2180,LC20260003,一万,2026/06/01,2026/11/28\n"
)


def make():
    """Both by the actions of the page, in the administrator's name."""
    admin = User.objects.holding(Role.ADMIN).order_by("pk").first()
    if admin is None:
        return
    rows = MonthlyBalance.objects.filter(client__customer_no__gt="").order_by("-month", "client_id")[:ROWS]
    lines = [
        f"{row.client.customer_no},{row.month:%Y-%m},{row.amount}" for row in rows.select_related("client")
    ]
    text = "\n".join(
        ["客户号,月份,月日均", *lines, "089999999999,2026-10,50000", f"{lines[0].split(',')[0]},2026-13,1"]
    )
    load = drop.receive(SimpleUploadedFile("balances_demo.csv", text.encode("utf-8-sig")), by=admin)
    body = guess.body_for(guess.kind_of(["客户号", "月份", "月日均"]), ["客户号", "月份", "月日均"])
    drop.choose(load.pk, by=admin, body=body, map_name="core-balances.toml")
    drop.begin(load.pk, by=admin)
    drop.work(load.pk)
    drop.receive(SimpleUploadedFile("持有产品_样例.csv", HOLDINGS.encode("gbk")), by=admin)
