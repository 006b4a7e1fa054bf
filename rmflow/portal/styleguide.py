"""The style guide at /styleguide/ (demo mode): every component of the shell with sample data.

The cast and the figures are those of the design pictures: one branch on Thursday 2026-10-08.
"""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

STATES = [
    ("past", "逾期", "三角"),
    ("today", "等候 02:35", "时钟"),
    ("open", "待跟进", "圆、日历"),
    ("met", "已见面", "对勾"),
    ("done", "已锁定", "横线、锁"),
]
CHIPS = [
    ("past", "9月29日", "逾期 2 个工作日", "alert-triangle", False),
    ("today", "10月8日", "今天", "clock", False),
    ("open", "10月12日", "剩 3 个工作日", "calendar-due", False),
    ("open", "1月5日", "剩 8 个工作日", "calendar-due", True),
    ("met", "9月30日", "按期办结", "check", False),
    ("done", "9月30日", "已锁定", "lock", False),
]
COLOURS = [
    ("cobalt", "#1d4a86", "8.8"),
    ("cobalt-d", "#153a6c", "11.3"),
    ("ink", "#17212b", "16.3"),
    ("ink2", "#414d59", "8.6"),
    ("ink3", "#5a6672", "5.9"),
    ("glaze", "#f1f4f3", ""),
    ("rule", "#dde3e2", ""),
    ("field", "#8695a0", "3.1"),
]
ROWS = [
    ("10:00", "陈美华", "白金", False, "phone", "电话 · 定期 50 万 10月12日到期，约续作方案", 0, True),
    ("14:30", "黄淑芬", "钻石", True, "phone", "电话 · 客户要求 14:30 后致电", 1, False),
    ("全天", "罗春霞", "金卡", False, "message", "企业微信 · 发送 10 月大额存单额度通知", 2, False),
]
TABLE = [
    (1, "周敏", "大堂经理", 96, 64, 32, "69.6%", "618.0"),
    (2, "蒋欣", "大堂经理", 47, 31, 16, "68.9%", "278.5"),
    (3, "何丽萍", "现金柜员", 41, 24, 17, "70.0%", "290.0"),
]


class SampleForm(forms.Form):
    """One field of each kind, with the errors of two."""

    clues = forms.MultipleChoiceField(
        label=_("Clues"),
        widget=forms.CheckboxSelectMultiple,
        choices=[("a", "出示贵宾卡"), ("b", "叫号系统提示"), ("c", "大额存取"), ("d", "定期到期")],
    )
    result = forms.ChoiceField(
        label=_("Result of the contact"),
        widget=forms.RadioSelect,
        choices=[("1", "有意向"), ("2", "再考虑"), ("3", "已拒绝"), ("4", "未接通")],
        required=False,
    )
    title = forms.ChoiceField(
        label=_("Form of address"),
        widget=forms.RadioSelect,
        choices=[("ms", "女士"), ("mr", "先生")],
    )
    phone = forms.CharField(label=_("Mobile phone"), min_length=11)
    business = forms.ChoiceField(
        label=_("Business at hand"), choices=[("cash", "现金存取"), ("fx", "购汇结汇")]
    )
    amount = forms.DecimalField(label=_("Amount"), required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    agreed = forms.BooleanField(label=_("The client agreed to be called"), required=False)

    def clean_phone(self):
        """The wording of the real check."""
        raise forms.ValidationError(_("Phone needs 11 digits, {n} short").format(n=1))


def _chip(row):
    state, date_text, words, icon, provisional = row
    return {
        "state": state,
        "date_text": date_text,
        "words": words,
        "icon": icon,
        "title": _("How the days were counted"),
        "provisional": provisional,
    }


def styleguide(request):
    """Show all components; only where the demonstration runs."""
    if not settings.DEMO:
        raise Http404
    chips = [_chip(row) for row in CHIPS]
    keys = ("when", "name", "tier", "core", "icon", "why", "chip", "current")
    rows = [dict(zip(keys, row, strict=True)) | {"chip": chips[row[6]]} for row in ROWS]
    now = timezone.now()
    data = {"clues": ["b", "d"], "result": "1", "title": "ms", "phone": "1380000567", "business": "cash"}
    context = {
        "states": STATES,
        "chips": chips,
        "colours": COLOURS,
        "rows": rows,
        "table": TABLE,
        "form": SampleForm(data),
        "page_of_rows": Paginator(range(213), 25).page(1),
        "waiting_since": (now - timedelta(minutes=2, seconds=35)).isoformat(),
        "segments": [
            {"label": _("Day"), "url": "?", "current": True},
            {"label": _("Week"), "url": "?w", "current": False},
            {"label": _("Month"), "url": "?m", "current": False},
        ],
        "filters": [
            {"label": "全部", "count": 23, "url": "?", "current": True},
            {"label": "逾期", "count": 2, "url": "?f=1", "current": False},
            {"label": "今天", "count": 9, "url": "?f=2", "current": False},
        ],
    }
    return render(request, "portal/styleguide.html", context)
