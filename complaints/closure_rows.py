"""How a closure reads on a screen and on paper: badge, next step, facts, the columns of the form (§1.7)."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clients.scoring.names import tier_names
from rmflow.privacy import masks
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import chip

from .rules import closures as rules
from .rules.closures import Result, State, Suspicion

BADGES = {
    State.FLAGGED: ("today", "clock"),
    State.CALLED: ("past", "user-exclamation"),
    State.CLAIMED: ("open", "user-check"),
    State.SERVING: ("open", "player-play"),
    State.RETAINING: ("open", "heart-handshake"),
    State.HEAD: ("open", "user-share"),
}
ENDS = {
    Result.SERVED: ("done", "check"),
    Result.KEPT: ("met", "check"),
    Result.PARTLY: ("met", "circle-minus"),
    Result.LOST: ("done", "user-minus"),
}


def badge(case):
    """State, icon and word of a case."""
    if case.state == State.ENDED:
        state, icon = ENDS[case.result]
        return {"state": state, "icon": icon, "text": case.get_result_display()}
    state, icon = BADGES[case.state]
    return {"state": state, "icon": icon, "text": case.get_state_display()}


def name(case, user):
    """The client: in full for manager and backup, the form of address for everybody else."""
    client = case.client
    return client.name_for(user) if client.is_looked_after_by(user) else client.addressed_as


def due(case):
    """The chip of the claim while nobody has claimed; None afterwards."""
    if case.state not in (State.FLAGGED, State.CALLED) or case.claimed_at or case.head_at:
        return None
    at, now = case.claim_due_at.astimezone(BANK_TIME), clock.now()
    return chip(at.date(), now.date(), calendar(), due_at=at, now=now)


def money(amount, case, user):
    """An amount for who works the case or heads it, its band for other readers (domain-rules §4.3)."""
    if amount is None:
        return ""
    whole = case.client.is_looked_after_by(user) or case.is_worked_by(user) or case.is_kept_by(user)
    return f"{amount:,.2f}" if whole else masks.band_amount(amount)


def line(case, user):
    """One row of the list."""
    return {
        "case": case,
        "url": f"/closures/{case.pk}/",
        "name": name(case, user),
        "core": case.level == "core",
        "badge": badge(case),
        "chip": due(case),
        "manager": case.manager.name if case.manager else "",
        "amount": money(case.amount, case, user) if case.is_whole_for(user) else "",
        "movement": case.get_movement_display(),
        "suspicion": case.get_suspicion_display(),
        "whole": case.is_whole_for(user),
    }


def header(case, user):
    """The head of the page: name, badge, chip, next step."""
    manager = case.manager.name if case.manager else ""
    return {
        "name": name(case, user),
        "badge": badge(case),
        "chip": due(case),
        "next_step": rules.next_step(case.state, manager=manager),
        "tier": tier_of(case),
        "client_url": client_url(case, user),
    }


def client_url(case, user):
    seen = case.client.is_looked_after_by(user) or scope(user, Permission.SEE_CLIENTS).covers(case.branch)
    return f"/clients/{case.client_id}/" if seen else ""


def tier_of(case):
    """钻石 · 核心优质, as it was when the case began."""
    parts = [tier_names().get(case.tier, case.tier), case.client.get_level_display()]
    return " · ".join(str(part) for part in parts if part)


def may_go_on(case, user):
    """Whether the reader's counter has reported the case and has not yet gone on with it."""
    if not user.has(Permission.FLAG_CLOSURE):
        return False
    manager = case.is_worked_by(user)
    here = [flag for flag in case.flags.all() if flag.branch_id == user.branch_id]
    mine = [flag for flag in here if not manager or flag.by_id == user.pk]
    return bool(mine) and max(mine, key=lambda flag: (flag.at, flag.pk)).went_on_at is None


def at(moment):
    return f"{moment.astimezone(BANK_TIME):%Y-%m-%d %H:%M}" if moment else ""


def yes_no(value):
    return {True: pgettext("answer", "Yes"), False: pgettext("answer", "No"), None: ""}[value]


def judged(case):
    """理财经理判断 in the words of the form; "" before it."""
    words = {Suspicion.CHURN: _("Leaving us"), Suspicion.ORDINARY: pgettext("assessment", "Ordinary closure")}
    return str(words[case.assessment]) if case.assessment else ""


def facts(case, user):
    """What is on record, for who reads all of it."""
    reason = " · ".join(part for part in (case.get_reason_display(), case.reason_note) if part)
    return [
        (_("Account or product"), " ".join(filter(None, [case.account, str(case.product or "")]))),
        (_("Amount that moves"), money(case.amount, case, user)),
        (_("Assets before"), money(case.aum_before, case, user)),
        (_("Manager's judgement"), judged(case)),
        (_("Reason"), reason),
        (_("Destination"), str(case.destination or "")),
        (_("Stayed with us"), money(case.saved, case, user)),
        (_("Left us"), money(case.lost, case, user)),
        (_("The counter judged right"), yes_no(case.accurate)),
        (_("Settled the first time"), yes_no(case.first_time)),
        (_("Note"), case.note),
    ]


#: Words of the steps a case's history shows.
STEPS = {
    "flag": (lambda: _("Reported"), "circle-plus"),
    "again": (lambda: _("Reported again"), "circle-plus"),
    "went_on": (lambda: _("The counter went on"), "player-play"),
    "claim": (lambda: _("Claimed"), "user-check"),
    "normal": (lambda: _("Judged ordinary"), "check"),
    "churn": (lambda: _("Judged leaving us"), "heart-handshake"),
    "call_head": (lambda: _("Head called in"), "user-exclamation"),
    "step_in": (lambda: _("Head stepped in"), "user-share"),
    "climb": (lambda: _("Nobody claimed in time; head called in"), "alert-triangle"),
    "serve": (lambda: Result.SERVED.label, "check"),
    "keep": (lambda: Result.KEPT.label, "check"),
    "keep_part": (lambda: Result.PARTLY.label, "circle-minus"),
    "lose": (lambda: Result.LOST.label, "user-minus"),
}


def steps(events):
    """Lines of the history: time, icon, words, by whom, note."""
    lines = []
    for event in events:
        words, icon = STEPS[event.name]
        by = event.by.name if event.by else _("System")
        lines.append({"at": event.at, "icon": icon, "text": words(), "by": by, "note": event.note})
    return lines


def done(name):
    """What the toast says after a step."""
    return {
        "claim": _("The case is yours"),
        "normal": _("Ordinary closure; the counter was told to serve quickly"),
        "churn": _("Write down what you do to keep the client"),
        "call_head": _("The head was called in"),
        "step_in": _("You have stepped in"),
    }[name]


def form_lines(case, user, *, received):
    """(column, what stands there) of 优质客户异动销户记录表 in the order of domain-rules §1.7."""
    flag = case.flags.select_related("by", "branch").order_by("at").first()
    measures = case.measures.select_related("by")
    found = [at(case.found_at), str(case.get_found_display())]
    if flag is not None:
        found += [flag.branch.name, f"{flag.by.name} {flag.by.employee_no}"]
    wrong = " · ".join(part for part in (case.get_reason_display(), case.reason_note) if part)
    head = f"{case.head.name} {at(case.head_at)}" if case.head_id else _("no")
    went = case.flags.filter(went_on_at__isnull=False).order_by("went_on_at").first()
    return [
        (pgettext("closure form", "Client"), name(case, user)),
        (_("Customer number"), case.client.customer_no or ""),
        (_("Tier"), tier_of(case)),
        (_("Manager of the client"), case.manager.name if case.manager else ""),
        (_("Branch of the client"), f"{case.branch.name} ({case.branch.code})"),
        (_("Kind of movement"), case.get_movement_display()),
        (_("Found: time, way, teller"), " ".join(found)),
        (_("Account or product"), " ".join(filter(None, [case.account, str(case.product or "")]))),
        (_("Amount that moves"), money(case.amount, case, user)),
        (_("Assets before"), money(case.aum_before, case, user)),
        (_("Counter's judgement"), case.get_suspicion_display()),
        (_("The counter went on at"), at(went.went_on_at) if went else ""),
        (_("Manager's judgement"), judged(case)),
        (_("Reason"), wrong),
        (_("Destination of the money"), str(case.destination or "")),
        (
            _("Who kept the client, measures, times"),
            _("; ").join(f"{at(m.at)} {m.by.name} {m.get_kind_display()} {m.text}".strip() for m in measures),
        ),
        (_("Head stepped in, time"), head),
        (pgettext("closure form", "Result"), case.get_result_display() if case.result else ""),
        (_("Stayed with us"), money(case.saved, case, user)),
        (_("Left us"), money(case.lost, case, user)),
        (_("Days to win back"), _(", ").join(f"{row.on:%Y-%m-%d}" for row in case.win_backs.all())),
        (_("Received by the supervisor (month)"), received),
    ]
