"""A first look at a file: what it holds, which column is which field, a few rows without personal data."""

import itertools
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from rmflow.privacy import masks

from ..load_rules import FileKind
from .faults import FileFault, RowFault
from .maps import KNOWN_FIELDS, NEEDED
from .run import KINDS, known_for
from .sources import open_table

SHOWN, CHECKED = 8, 2000  # rows shown, rows read by the map

#: Words of a field; those the readers of the map show.
LABELS = {
    "customer_no": _("Customer number"),
    "name": _("Client's name"),
    "salutation": _("Salutation"),
    "birth_date": _("Date of birth"),
    "occupation": _("Occupation"),
    "education": _("Education"),
    "marital_status": _("Marital status"),
    "id_kind": _("Kind of ID"),
    "id_number": _("ID number"),
    "phone": _("Phone"),
    "address": _("Address"),
    "notice_version": _("Notice version"),
    "notice_basis": _("Basis"),
    "type": _("Type"),
    "level": _("Core or regular"),
    "owner": _("Employee number of the manager"),
    "branch": _("Branch code"),
    "month": _("Month"),
    "amount": _("Amount"),
    "point_amount": _("At the end of the month"),
    "fee_income": _("Fee income"),
    "deposits": _("Deposits of it"),
    "label": _("Label"),
    "product": _("Product code"),
    "contract_no": _("Contract number"),
    "opened_on": _("Opened on"),
    "matures_on": _("Due on"),
    "ended_on": _("Ended on"),
    "overdue_days": _("Days overdue"),
}
#: How core systems head their columns, folded: no spaces, lower case. The first that is there wins.
HEADINGS = {
    "customer_no": (
        "客户号",
        "客户编号",
        "客户代码",
        "核心客户号",
        "customer_no",
        "customerno",
        "cust_no",
        "custid",
    ),
    "name": ("姓名", "客户姓名", "客户名称", "name", "cust_name"),
    "salutation": ("性别", "称谓", "sex", "gender"),
    "birth_date": ("出生日期", "生日", "birth_date", "birthday"),
    "occupation": ("职业", "occupation", "job"),
    "education": ("学历", "教育程度", "education"),
    "marital_status": ("婚姻状况", "婚姻", "marital"),
    "id_kind": ("证件类型", "证件种类"),
    "id_number": ("证件号码", "身份证号", "身份证号码", "id_number", "idno"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话", "phone", "mobile"),
    "address": ("住址", "地址", "联系地址", "address"),
    "owner": ("客户经理", "客户经理工号", "管户经理", "owner"),
    "branch": ("机构号", "网点号", "所属机构", "branch", "org_no"),
    "month": ("月份", "年月", "统计月份", "数据月份", "month"),
    "amount": (
        "月日均",
        "月日均资产",
        "月日均aum",
        "aum月日均",
        "金额",
        "余额",
        "持有金额",
        "amount",
        "balance",
    ),
    "point_amount": ("时点资产", "月末资产", "时点余额", "point_amount"),
    "fee_income": ("中间业务收入", "手续费收入", "fee_income"),
    "deposits": ("存款", "存款月日均", "deposits"),
    "product": ("产品代码", "产品编号", "product", "product_code"),
    "contract_no": ("合约号", "合同号", "账号", "协议号", "contract_no", "account_no"),
    "opened_on": ("起息日", "开立日期", "购买日期", "开户日期", "opened_on"),
    "matures_on": ("到期日", "到期日期", "matures_on", "maturity"),
    "ended_on": ("结清日", "销户日期", "终止日期", "ended_on"),
    "overdue_days": ("逾期天数", "overdue_days"),
}
#: What only one kind of file has.
TELLING = ((FileKind.HOLDINGS, ("product", "contract_no")), (FileKind.BALANCES, ("month", "amount")))


@dataclass
class Look:
    """What was seen of a file."""

    headings: list
    rows: list = field(default_factory=list)  # masked cells, in the order of the headings
    fault: str = ""


def fold(heading):
    return re.sub(r"[\s()（）]", "", heading).lower().removesuffix("元")


def look(path, column_map=None):
    """Headings and a few rows, personal data masked by what their columns seem to be."""
    extra = {}
    if column_map is not None:
        extra = {name: getattr(column_map, name) for name in ("encoding", "delimiter", "sheet")}
    try:
        table = open_table(path, **extra)
        found = columns(table.headings)
        kinds = {heading: name for name, heading in found.items()}
        rows = [
            cells for _number, cells, _read in itertools.islice(table.rows, SHOWN) if isinstance(cells, list)
        ]
    except FileFault as fault:
        return Look([], fault=str(fault))
    shown = [
        [masked(kinds.get(heading, ""), cell) for heading, cell in zip(table.headings, cells, strict=True)]
        for cells in rows
    ]
    return Look(table.headings, shown)


def columns(headings):
    """field → heading, as the words of the headings suggest."""
    there = {}
    for heading in headings:
        there.setdefault(fold(heading), heading)
    guessed = {name: next((there[w] for w in words if w in there), None) for name, words in HEADINGS.items()}
    return {name: heading for name, heading in guessed.items() if heading}


def kind_of(headings):
    """Which kind of file the headings speak of; the clients' when nothing tells."""
    found = columns(headings)
    for kind, telling in TELLING:
        if all(name in found for name in telling):
            return kind
    return FileKind.CLIENTS


def body_for(kind, headings):
    """The body of a map as the headings suggest it."""
    found = columns(headings)
    section = "client" if kind == FileKind.CLIENTS else kind.value
    body = {section: {name: {"column": found[name]} for name in KNOWN_FIELDS[kind] if name in found}}
    if kind == FileKind.CLIENTS and "salutation" in found:
        words = {"男": "sir", "女": "madam", "先生": "sir", "女士": "madam", "": ""}
        body[section]["salutation"]["values"] = words
    if kind == FileKind.CLIENTS and "phone" in found:
        body[section]["notice_basis"] = {"constant": "contract"}
    return body


def missing(kind, body):
    """Fields without which no row can be taken."""
    section = "client" if kind == FileKind.CLIENTS else str(kind)
    return [LABELS[name] for name in NEEDED[kind] if name not in body.get(section, {})]


def trial(path, column_map, branches=()):
    """(rows read, faults) of the first rows: what the readers say, before anything is looked up."""
    known = known_for(column_map, branches or column_map.branches)
    table = open_table(
        path, encoding=column_map.encoding, delimiter=column_map.delimiter, sheet=column_map.sheet
    )
    reader, faults, rows = KINDS[column_map.kind].reader(column_map, table.headings, known), [], 0
    for number, cells, _read in itertools.islice(table.rows, CHECKED):
        rows += 1
        try:
            if isinstance(cells, RowFault):
                raise cells
            reader.line(rows, cells, number)
        except RowFault as fault:
            faults.append((number, fault.column, fault.reason))
    return rows, faults


_MASKS = {
    "name": masks.mask_name,
    "phone": masks.mask_phone,
    "id_number": masks.mask_id,
    "address": masks.mask_address,
}
#: Columns that name no person and no amount, shown as they stand.
_PLAIN = frozenset(
    {
        "customer_no",
        "salutation",
        "month",
        "product",
        "branch",
        "owner",
        "opened_on",
        "matures_on",
        "ended_on",
    }
    | {"id_kind", "overdue_days", "label"}
)


def masked(name, cell):
    """A cell for whoever loads files: personal data masked, of anything else only the shape (9, x, □)."""
    if name in _MASKS:
        return _MASKS[name](cell)
    return cell[:30] if name in _PLAIN else shape(cell[:30])


def shape(text):
    """86,400.00 → 99,999.99; 企业主 → □□□."""
    text = re.sub(r"\d", "9", text)
    text = re.sub(r"[A-Za-z]", "x", text)
    return re.sub(r"[^\x00-\x7f，、。（）：；　￥]", "□", text)
