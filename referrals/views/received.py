"""The manager's side of the closing: whom one met, what was sold, who came without a slip (B-03)."""

from django import forms
from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from clients.models import Product
from clients.rules import Salutation
from rmflow.doors import htmx
from rmflow.doors.idempotency import key_of, once
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import closing
from ..actions import deals, statements
from ..closing_lines import line, money
from ..models import Referral
from ..rules.closing import Finding, Side
from .closing import number, outlet
from .desk import new_key


class DealForm(forms.Form):
    """What was sold to a client of a slip: product and amount in 元."""

    product = forms.ModelChoiceField(Product.objects.none(), label=gettext_lazy("Product"))
    amount = forms.DecimalField(
        label=gettext_lazy("Amount (yuan)"),
        max_digits=14,
        decimal_places=2,
        min_value=1,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "class": "input"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.on_sale()
        self.fields["product"].widget.attrs["class"] = "input"


class UnfiledForm(forms.Form):
    """A client one received whom nobody has filed."""

    surname = forms.CharField(label=gettext_lazy("Client's surname"), max_length=10)
    salutation = forms.ChoiceField(label=gettext_lazy("Salutation"), choices=Salutation.choices)
    met_at = forms.TimeField(label=gettext_lazy("Met at"), required=False)
    sender = forms.IntegerField(required=False)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=200)


@require_GET
def page(request):
    """One's own slips of every day that is not locked, what is unanswered first; then the signature."""
    user = request.user
    permissions.require(user, Permission.SIGN_RECEIVED)
    days = [_day(day, user) for day in _days(user)]
    context = {
        "days": [day for day in days if day["lines"] or day["unfiled"]],
        "form": DealForm(),
        "products": [(product.pk, product.name) for product in Product.objects.on_sale()],
        "salutations": Salutation.choices,
        "colleagues": User.objects.visible_to(user).active().exclude(pk=user.pk).order_by("employee_no")[:60],
        "key": new_key(),
        "branch": outlet(user),
        "now": clock.now(),
    }
    return render(request, "referrals/closing_mine.html", context)


def _days(user):
    """The days in whose closing something of `user` stands, the oldest first."""
    found = {}
    for slip in closing.of_manager(user).select_related("day__branch"):
        day = statements.day_of(slip)
        if day is not None:
            found.setdefault(day.pk, day)
    branch = outlet(user)
    if branch is not None:
        day = closing.day_for(branch)
        if day is not None and day.closed_at is None:
            found.setdefault(day.pk, day)
    return sorted(found.values(), key=lambda day: (day.date, day.pk))


def _day(day, user):
    """One day as this manager sees it: his rows, his signature, whether he may sign."""
    whole = closing.Closing(day)
    rows = [row for row in whole.rows if row.line.manager_id == user.pk]
    lines = [line(row, user, day=day) for row in rows if row.slip]
    for item in lines:
        item["unanswered"] = item["row"].is_open and item["row"].finding == Finding.MANAGER_MISSING
        item["can_answer"] = item["slip"].counted_on_id is None and item["slip"].status == "referred"
    lines.sort(key=lambda item: not item["unanswered"])
    own = day.branch_id == user.branch_id
    signature = next(
        (c for c in whole.confirmations if c.side == Side.MANAGER and c.person_id == user.pk), None
    )
    valid = signature is not None and signature.slips == len(rows)
    asked = sum(
        item["row"].is_open and item["row"].finding in (Finding.MANAGER_MISSING, Finding.NO_RECORD)
        for item in lines
    )
    return {
        "day": day,
        "own": own,
        "lines": lines,
        "unfiled": [row.statement for row in rows if not row.slip],
        "signature": signature if valid else None,
        "asked": asked,
        "may_sign": own and bool(rows) and not valid and not asked,
        "total": sum((deal.amount for row in rows for deal in row.deals), 0),
    }


def checked(form):
    """The form when it is complete; else a refusal in words, said where one is: what was typed stays."""
    if not form.is_valid():
        labels = {name: field.label for name, field in form.fields.items()}
        raise Refused.many(
            {
                name: _("{label}: {problem}").format(label=labels.get(name) or name, problem=" ".join(texts))
                for name, texts in form.errors.items()
            }
        )
    return form


def _back(request, text):
    messages.success(request, text, extra_tags="met")
    return htmx.redirect(request, reverse("referrals:closing_mine"))


def _once(request, call):
    def produce():
        call()
        return 200, {}

    once(request.user, key_of(request), request.POST, produce)


@require_POST
def state(request, pk):
    """Met, received but not met, or not received: one press."""
    said = request.POST.get("said", "")
    received, met = said in ("met", "unmet"), said == "met"
    note = request.POST.get("note", "")
    _once(request, lambda: statements.state(pk, by=request.user, received=received, met=met, note=note))
    return _back(request, _("Noted"))


@require_POST
def unfiled(request):
    """A client who came without a slip."""
    form = checked(UnfiledForm(request.POST))
    said = {name: form.cleaned_data[name] for name in ("surname", "salutation", "met_at", "note")}
    sender = number(request.POST.get("sender", ""))
    _once(request, lambda: statements.state_unfiled(by=request.user, sender_id=sender, **said))
    return _back(request, _("Noted; the lobby manager settles it"))


@require_POST
def deal(request, pk):
    """A result: product and amount, credited by the rule of 90 days."""
    permissions.require(request.user, Permission.SIGN_RECEIVED)
    slip = Referral.objects.visible_to(request.user).select_related("client", "branch", "manager").get(pk=pk)
    if slip.manager_id != request.user.pk:
        permissions.require(request.user, Permission.CLOSE_DAY, slip.branch)
    form = checked(DealForm(request.POST))
    sold = form.cleaned_data
    key = f"closing:{slip.pk}:{key_of(request)}"[:80]
    deals.record(slip, sold["product"], sold["amount"], by=request.user, key=key)
    said = _("{product} {amount} noted").format(product=sold["product"].name, amount=money(sold["amount"]))
    return _back(request, said)
