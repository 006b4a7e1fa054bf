"""What is left of personal data on a screen (domain-rules §4.3); made on the server, always.

A mask of something unexpected shows less, never more.
"""

import functools
import importlib.resources
import re
from decimal import Decimal

from django.utils.translation import gettext as _

from . import normal

STAR = "*"
MOBILE = re.compile(r"1\d{10}")

#: Surnames of two or more characters (复姓).
_COMPOUND = """
欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔
申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正
宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 公户 公玉 公仪 梁丘 公仲 公上 公门 公山
公坚 左丘 公伯 西门 公祖 第五 公乘 贯丘 公皙 南荣 东里 东宫 仲长 子书 子桑 即墨 达奚 褚师 纳兰 叶赫
完颜 耶律 爱新觉罗 欧陽 司馬 東方 諸葛 尉遲 澹臺 鮮于 鍾離 長孫
"""
COMPOUND_SURNAMES = frozenset(_COMPOUND.split())

#: A salutation names nobody: it stays as it is.
_TITLES = ("先生", "女士", "小姐", "太太", "老师", "师傅", "阿姨", "大爷", "大妈", "叔叔")

#: Bands of assets, lower bounds in 万元 (10,000 yuan; domain-rules §1.1).
BANDS = (5, 20, 50, 200, 600)


def mask_name(name):
    """张三 → 张*, 欧阳娜娜 → 欧阳**, John Smith → J***, 阿卜杜拉·买买提 → 阿***; 刘女士 stays."""
    name = " ".join(str(name or "").split())
    if not name:
        return ""
    if name.endswith(_TITLES) and _is_surname(name[:-2]):
        return name
    if not _is_han(name) or len(name) > 6:
        return name[0] + STAR * 3
    keep = next((n for n in (4, 2) if len(name) > n and name[:n] in COMPOUND_SURNAMES), 1)
    return name[:keep] + STAR * max(1, len(name) - keep)


def _is_surname(text):
    return _is_han(text) and (len(text) == 1 or text in COMPOUND_SURNAMES)


def _is_han(text):
    return bool(text) and all(
        "\u3400" <= c <= "\u9fff" or "\U00020000" <= c <= "\U0003ffff" or c == "〇" for c in text
    )


def mask_phone(phone):
    """13812345678 → 138****5678; a landline or a number abroad → ****5678, never the extension."""
    if MOBILE.fullmatch(phone or ""):  # as it is stored
        return f"{phone[:3]}****{phone[-4:]}"
    number = normal.without_extension(normal.shape("phone", phone))
    if MOBILE.fullmatch(number):
        return f"{number[:3]}****{number[-4:]}"
    digits = re.sub(r"\D", "", number)
    return "****" + (digits[-4:] if len(digits) >= 8 else "") if number else ""


def mask_id(number, *, wide=False):
    """First and last character, as many stars between; `wide` (for those authorised) shows 6 and 4."""
    number = str(number or "").strip()
    head, rear = (6, 4) if wide and len(number) >= 15 else (1, 1)
    if len(number) < 5:
        return STAR * len(number)
    return number[:head] + STAR * (len(number) - head - rear) + number[-rear:]


def mask_account(number):
    """A card or account number: its last four digits in the groups people know."""
    digits = re.sub(r"\D", "", str(number or ""))
    if not digits:
        return ""
    return "**** **** **** " + (digits[-4:] if len(digits) >= 8 else "****")


def mask_email(email):
    """zhang@x.com → z***@x.com."""
    local, at, domain = str(email or "").strip().rpartition("@")
    if not at:
        return STAR * 3 if email else ""
    return f"{local[:1]}***@{domain}"


def mask_address(address):
    """Down to the district: 贵州省贵阳市云岩区***. Only names of the official list are shown."""
    rest = "".join(str(address or "").split())
    if not rest:
        return ""
    provinces, places = _gazetteer()
    shown = ""
    for names in (provinces, places, places):
        found = next((rest[:n] for n in range(min(15, len(rest)), 1, -1) if rest[:n] in names), "")
        shown, rest = shown + found, rest[len(found) :]
    return f"{shown}***"


@functools.cache
def _gazetteer():
    """(provinces, cities and counties), present and former, from python-stdnum's table of ID codes."""
    text = (importlib.resources.files("stdnum") / "cn" / "loc.dat").read_text("utf-8")
    provinces = set(re.findall(r'province="([^"]+)"', text))
    places = set()
    for names in re.findall(r'county="([^"]+)"', text):
        places |= {re.sub(r"^\[[^]]*\]", "", place) for place in names.split(",")}
    short = {
        re.sub(r"(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$", "", p) for p in provinces
    }
    return frozenset(provinces | short), frozenset(p for p in places if len(p) > 1 and p != "市辖区")


def band_amount(yuan):
    """An amount in yuan as its band, for those who do not own the client: 50-200万; "" for None."""
    if yuan is None:
        return ""
    amount = Decimal(yuan) / 10_000
    above = [band for band in BANDS if amount >= band]
    if not above:
        return _("below {n} × 10,000 yuan").format(n=BANDS[0])
    if above[-1] == BANDS[-1]:
        return _("{n} × 10,000 yuan and above").format(n=BANDS[-1])
    low, high = above[-1], BANDS[len(above)]
    return _("{low}-{high} × 10,000 yuan").format(low=low, high=high)


def mask_birthday(born, *, today, owner=False):
    """MM-DD for the owner (who congratulates), the age for others; "" when unknown."""
    if born is None:
        return ""
    if owner:
        return f"{born:%m-%d}"
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return _("{n} years old").format(n=max(age, 0))
