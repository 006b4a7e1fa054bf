"""投诉记录表: the form's columns, in its order (domain-rules §1.8). The print and its test read this."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.privacy import masks
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Role


def moment(at):
    """2026-02-13 10:00 in the bank's time; "" for nothing."""
    return f"{at.astimezone(BANK_TIME):%Y-%m-%d %H:%M}" if at else ""


def lines(complaint):
    """[(column, value)]: every column of the form, empty ones too."""
    c = complaint
    recusals = [row.person.name for row in c.recusals.all() if row.basis == "named"]
    role = Role(c.taken_role).label if c.taken_role in Role.values else ""
    extension = c.extensions.order_by("-asked_at").first()
    review = c.reviews.order_by("-at").first()
    codes = [str(code) for code in (c.channel, c.business, c.cause) if code]
    return [
        (_("Number"), c.number),
        (pgettext("complaint", "Received"), moment(c.received_at)),
        (_("Taken by, post"), _join(c.taken_by.name, role)),
        (_("Way in"), c.get_way_display()),
        (_("Complainant, identity, contact"), _join(*_who(c))),
        (_("Proxy, letter of authority"), _proxy(c)),
        (_("Unit or person complained of"), _join(*recusals, c.against)),
        (_("Request, main facts, grounds"), _join(c.request, c.facts, c.basis)),
        (_("Premium client"), _("yes") if c.is_premium else _("no")),
        (_("Business, cause, channel"), _join(*codes)),
        (
            pgettext("complaint", "Level"),
            _join(c.get_level_display(), *(word for _c, word in c.sensitivities)),
        ),
        (_("Key point"), c.key_point),
        (_("Promised time"), moment(c.promised_at)),
        (_("Settled on the spot"), _on_spot(c)),
        (_("Handler (recusal checked)"), c.handler.name if c.handler else ""),
        (_("Investigation"), c.findings),
        (_("Result and basis"), _join(c.get_finding_display(), c.reply_basis)),
        (_("Reply: time, way, content"), _join(moment(c.replied_at), c.get_reply_way_display(), c.reply)),
        (_("Extension: approver, reason, client told"), _extension(extension)),
        (_("Satisfaction, call-back"), _join(c.get_satisfaction_display(), moment(c.called_back_at))),
        (_("Review"), _review(review)),
        (_("Responsibility, root cause"), _join(c.responsibility, c.root_cause)),
        (_("Improvements"), _improvements(c)),
        (_("Sales chance"), _("noted after closing") if _has_chance(c) else ""),
        (pgettext("complaint", "File number"), c.archive_no),
    ]


def _join(*parts):
    return " · ".join(str(part) for part in parts if part)


def _who(c):
    """Who complains; a group with its number and those who speak for it, masked."""
    several = _("{n} persons").format(n=c.people) if c.people > 1 else ""
    return (
        c.masked_name,
        _identity(c),
        c.masked_phone,
        several,
        *(row.masked for row in c.representatives.all()),
    )


def _identity(c):
    return masks.mask_id(c.id_number) if c.id_number else ""


def _proxy(c):
    if not c.proxy:
        return ""
    return _join(masks.mask_name(c.proxy), _("authority seen") if c.proxy_authorised else "")


def _on_spot(c):
    if c.replied_at is None:
        return ""
    same = c.replied_at.astimezone(BANK_TIME).date() == c.received_at.astimezone(BANK_TIME).date()
    return _("yes") if same else _("no")


def _extension(row):
    if row is None:
        return ""
    name = row.decided_by.name if row.decided_by else "" if row.decided_at else _("waiting")
    return _join(row.get_decision_display(), name, row.reason, moment(row.told_at))


def _review(row):
    return (
        ""
        if row is None
        else _join(row.asked_on, row.get_outcome_display() or _("waiting"), row.findings, moment(row.told_at))
    )


def _improvements(c):
    return _join(*(f"{row.text} {row.owner.name} {row.due_on}" for row in c.improvements.all()))


def _has_chance(c):
    return any(event.name == "chance" for event in c.events.all())
