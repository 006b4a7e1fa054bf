"""One row of a closing in words: both columns, the badge between them (design, closing.png)."""

from django.utils.translation import gettext as _

from clients.rules import ClientType
from rmflow.workdays import clock
from rmflow.workdays.rules import short_day

from . import rows as words
from .rules import CheckResult, Guidance, Reception, Status
from .rules.closing import Finding, UnfiledRuling

BADGES = {
    Finding.MATCHED: ("met", "check"),
    Finding.MANAGER_MISSING: ("today", "user-question"),
    Finding.SENDER_MISSING: ("today", "file-unknown"),
    Finding.NO_RECORD: ("today", "file-off"),
    Finding.REPEAT: ("today", "copy"),
    Finding.DISPUTED: ("today", "arrows-exchange"),
}
RESULTS = {
    CheckResult.REPEAT: ("done", "copy"),
    CheckResult.INVALID: ("done", "ban"),
    CheckResult.CORRECTED: ("met", "edit"),
}


def money(amount):
    """An amount in 万, as the bank writes it."""
    return _("{amount} × 10,000").format(amount=f"{amount / 10_000:,.2f}")


def time_of(moment):
    return f"{moment.astimezone(clock.SHANGHAI):%H:%M}" if moment else "—"


def line(row, user, *, day):
    """One row of the table, for `user`'s eyes."""
    slip = row.slip
    common = {
        "key": f"s{row.line.key}" if slip else f"u{row.line.key}",
        "row": row,
        "slip": slip,
        "badge": badge(row, day),
        "manager": row.manager.name if row.manager else "—",
        "reply": reply(row),
        "deals": "、".join(f"{deal.product.name} {money(deal.amount)}" for deal in row.deals) or "—",
    }
    if slip is None:
        said = row.statement
        return common | {
            "time": f"{said.met_at:%H:%M}" if said.met_at else "—",
            "sender": said.sender.name if said.sender else _("No slip"),
            "client": said.addressed_as,
            "phone": "",
            "state": "—",
            "follows": False,
            "by_sender": "",
            "by_manager": said.note,
        }
    return common | {
        "time": time_of(slip.filed_at),
        "sender": slip.referrer.name,
        "client": words.name(slip, user),
        "phone": slip.client.masked_phone if slip.client.phone_hash else "",
        "state": Status(slip.status).label,
        "follows": slip.status == Status.TO_FOLLOW_UP,
        "by_sender": by_sender(slip),
        "by_manager": row.statement.note if row.statement else "",
        "left_over": slip.day_id != day.pk,
        "left_over_on": short_day(slip.day.date),
    }


def badge(row, day):
    """The word in the middle column; what is left over or settled says so."""
    slip = row.slip
    if slip and slip.counted_on_id is None and row.line.is_carried:
        return {"state": "done", "icon": "corner-up-right", "text": _("Left over")}
    if slip and slip.check_result in RESULTS:
        state, icon = RESULTS[slip.check_result]
        return {"state": state, "icon": icon, "text": CheckResult(slip.check_result).label}
    if slip is None and row.statement.ruling:
        return {"state": "done", "icon": "check", "text": UnfiledRuling(row.statement.ruling).label}
    state, icon = BADGES[row.finding]
    return {"state": state, "icon": icon, "text": Finding(row.finding).label}


def by_sender(slip):
    """The sender's side in words: when, whither, what was noted."""
    said = _("{time} introduced to {place}").format(
        time=time_of(slip.referred_at), place=slip.place or Guidance(slip.guidance).label
    )
    if slip.status == Status.TO_FOLLOW_UP:
        said = _("{time} card handed out, agreed for {day}").format(
            time=time_of(slip.referred_at), day=short_day(slip.agreed_on) if slip.agreed_on else "—"
        )
    return f"{said}，{slip.note}" if slip.note else said


def reply(row):
    """The manager's side in words: received or not, met or not, what came of it."""
    said, slip = row.statement, row.slip
    if said is not None and not said.received:
        return _("Reply: this client was not met")
    if slip is None:
        return _("{time} met").format(time=f"{said.met_at:%H:%M}") if said.met_at else _("Met")
    if slip.status == Status.TO_FOLLOW_UP:
        if slip.follow_up_id is None:
            return _("No record yet")
        day = short_day(slip.agreed_on) if slip.agreed_on else ""
        return _("Record opened, {day}").format(day=day)
    if slip.reception == Reception.MET:
        outcome = getattr(slip, "outcome", None)
        return " · ".join([str(Reception.MET.label), *([str(ClientType(outcome).label)] if outcome else [])])
    if slip.reception == Reception.LEFT or (said is not None and not said.met):
        return _("Not met, the client has left")
    if slip.guidance != Guidance.MANAGER:
        return Guidance(slip.guidance).label
    return _("No answer yet")
