"""Who gets where: URL name → method → the gates in order. The first gate that is shut gives the answer.

Gates name permissions of rmflow.staff.permissions; whether a role passes follows from
ROLE_PERMISSIONS and from where the role is held, nothing else:

    role(P, …)  holds one of them anywhere, else 403
    here(P)     P reaches the object's branch, else 403
    own         the object is one's own, else 404
    within(P)   P reaches the object's branch, else 404
    own_or(P)   one's own, or P reaches its branch, else 404
    mine        the object is one's own, else 403
    day(P)      P reaches the day of a closing, else 404
    mine_or(P)  one's own, or P reaches its branch, else 403
    never       404 for everybody

No gates: every member of staff. `public`: also without a login. Objects belong to a stranger of the
first branch; rows with `own` or `own_or` are tried on one's own object as well.
"""

import datetime
from dataclasses import dataclass, field

from rmflow.staff.permissions import Permission


@dataclass(frozen=True)
class Gate:
    """One question asked of the person, and the answer to who fails it."""

    kind: str
    permissions: tuple = ()

    @property
    def status(self):
        return 403 if self.kind in ("role", "here", "mine", "mine_or") else 404


@dataclass(frozen=True)
class Row:
    """One method of one address."""

    gates: tuple = ()
    body: dict = field(default_factory=dict)
    thing: str = ""
    public: bool = False


def role(*permissions):
    return Gate("role", permissions)


def here(permission):
    return Gate("here", (permission,))


def own_or(*permissions):
    return Gate("own_or", permissions)


def within(permission):
    return Gate("within", (permission,))


def mine_or(permission):
    return Gate("mine_or", (permission,))


own, mine, never = Gate("own"), Gate("mine"), Gate("never")


def row(*gates, thing="", public=False, **body):
    return Row(gates, body, thing, public)


SOON = (datetime.date.today() + datetime.timedelta(days=2)).isoformat()
FILE, WORK, LOOK = (
    role(Permission.FILE_REFERRAL),
    role(Permission.WORK_FOLLOW_UP),
    role(Permission.WORK_FOLLOW_UP, Permission.SEE_FOLLOW_UPS),
)
COUNT = role(Permission.SEE_STATISTICS)
PLANS = role(Permission.WORK_FOLLOW_UP, Permission.SIGN_TIERS)
SLIP, RECEIVE = own_or(Permission.SEE_REFERRALS), here(Permission.WORK_REFERRAL)
ADMINS, SECURITY, AUDIT = (
    role(Permission.MANAGE_REFERENCE, Permission.MANAGE_ROLES),
    role(Permission.MANAGE_ROLES),
    role(Permission.AUDIT),
)
KEEP, STAND, REGISTER = (
    role(Permission.KEEP_SCREENS),
    role(Permission.STAND_DUTY),
    role(Permission.SEE_DUTY),
)
CLOSE, RECEIVED = role(Permission.CLOSE_DAY), role(Permission.SIGN_RECEIVED)
DAY, CLOSES = Gate("day", (Permission.SEE_REFERRALS,)), here(Permission.CLOSE_DAY)
ITEM = {"thing": "item"}
CARD = {"end": "priority_counter", "cues": ["forex"]}
CONTACT = {"result": "met", "channel": "phone"}

#: The spec's table "Who uses it" as we read it, written a second time by hand: a permission that
#: comes or goes must be meant. Columns are the roles in the order of `Role`.
#: teller, lobby, wealth, marketing, head, supervisor, archivist, complaints, region, phone, e-banking,
#: administrator, security administrator, auditor
MATRIX = {
    "file_referral": "x x x x . . . . . x x . . .",
    "divert": "x x x . . . . . . . x . . .",
    "patrol": ". x . . . . . . . . . . . .",
    "see_referrals": ". x x . x x . . x . . . . .",
    "route_referral": ". x . . x . . . . . . . . .",
    "work_referral": ". . x . . . . . . . . . . .",
    "record_deal": ". . x . x . . . . . . . . .",
    "see_statistics": ". x . . x x . . x . . . . .",
    "sign_month": ". . . . x . . . . . . . . .",
    "judge_client": ". . x . . . . . . . . . . .",
    "stand_duty": ". x x . . . . . . . x . . .",
    "see_duty": ". x . . x x . . x . . . . .",
    "answer_call": ". . . . x x . . . . . . . .",
    "see_board": "x x x x x x . . x . x . . .",
    "keep_screens": ". . . . x . . . . . . x . .",
    "open_day": ". x . . x . . . . . . . . .",
    "close_day": ". x . . x . . . . . . . . .",
    "sign_lobby": ". x . . . . . . . . . . . .",
    "sign_received": ". . x . . . . . . . . . . .",
    "stand_in": ". . . . x . . . . . . . . .",
    "reopen_day": ". . . . x . . . . . . . . .",
    "keep_custody": ". . . . x . x . . . . . . .",
    "inspect": ". . . . x x . . . . . . . .",
    "work_follow_up": ". . x x . . . . . . . . . .",
    "see_follow_ups": ". . . . x x . . x . . . . .",
    "see_clients": ". x x x x x x . x . x . . .",
    "find_client": ". . x . . . . x . x . . . .",
    "recognise_client": "x x x . . . . . . . . . . .",
    "edit_client": ". . x x . . . . . . . . . .",
    "reveal_client": ". . x . x x . . . . . . . .",
    "assign_client": ". . . . x x . . . . . . . .",
    "merge_clients": ". . . . x x . . . . . . . .",
    "keep_scorecards": ". . . . . . . . . . . x . .",
    "see_tiers": ". . x . x x . . x . . . . .",
    "sign_tiers": ". . . . x . . . x . . . . .",
    "ask_override": ". . x . x . . . . . . . . .",
    "override_tier": ". . . . . x . . . . . . . .",
    "take_complaint": "x x x x x x x x x x x x x x",
    "see_complaints": ". x . . x x . x x . . . . .",
    "work_complaint": ". x x x x x . x x . x . . .",
    "assign_complaint": ". x . . x . . x x . . . . .",
    "rule_complaint": ". . . . . . . x . . . . . .",
    "analyse_complaints": ". . . . x x . x x . . . . .",
    "flag_closure": "x x x . . . . . . . . . . .",
    "work_closure": ". . x . x . . . . . . . . .",
    "hold_closure": ". . . . x . . . x . . . . .",
    "see_cases": ". . . . x x . . x . . . . .",
    "receive_closures": ". . . . . x . . . . . . . .",
    "prepare_opening": ". . x . . . . . . . . . . .",
    "execute_opening": "x . . . . . . . . . . . . .",
    "use_segments": ". . x x x x . . . . . . . .",
    "load_files": ". . . . . . . . . . . x . .",
    "file_archive": ". . . . . . x . . . . . . .",
    "store_archive": ". . . . . . x . . . . . . .",
    "query_archive": ". . . . x x x . . . . . . .",
    "borrow_archive": ". . x x . . . . . . . . . .",
    "lend_archive": ". . . . . . x . . . . . . .",
    "update_archive": ". . . . . . x . . . . . . .",
    "check_archive": ". . . . . . x . . . . . . .",
    "assess_archive": ". . . . . . x . . . . . . .",
    "destroy_archive": ". . . . . . x . . . . . . .",
    "hold_archive": ". . . . x x x . . . . . . .",
    "approve_custody": ". . . . x x . . . . . . . .",
    "approve_destruction": ". . . . . x . . . . . . . .",
    "order_destruction": ". . . . x . . . . . . . . .",
    "take_rights": ". x x . x x . . . . . . . .",
    "settle_rights": ". . . . x x . . . . . . . .",
    "manage_reference": ". . . . . . . . . . . x . .",
    "see_jobs": ". . . . . . . . . . . x . x",
    "manage_roles": ". . . . . . . . . . . . x .",
    "audit": ". . . . . . . . . . . . . x",
}

PORTAL = {
    "portal:home": {"GET": row()},
    "portal:more": {"GET": row()},
    "portal:overview": {"GET": row(role(Permission.SEE_FOLLOW_UPS))},
    "portal:search": {"GET": row(), "POST": row(q="刘")},
    "portal:jobs": {"GET": row(role(Permission.SEE_JOBS))},
    "portal:recounts": {"GET": row(role(Permission.SEE_JOBS))},
    "portal:permissions": {"GET": row()},
    "portal:boards": {"GET": row(role(Permission.SEE_BOARD))},
    "portal:board": {
        "GET": row(role(Permission.SEE_BOARD), within(Permission.SEE_BOARD), thing="branch"),
    },
    "portal:board_screens": {"GET": row(KEEP), "POST": row(KEEP, within(Permission.KEEP_SCREENS), name="x")},
    "portal:board_revoke": {"POST": row(KEEP, within(Permission.KEEP_SCREENS), thing="screen")},
    "portal:board_pair": {
        "GET": row(public=True, thing="secret"),
        "POST": row(public=True, thing="secret"),
    },
    "portal:styleguide": {"GET": row(never)},
}
STAFF = {
    "staff:login": {"GET": row(public=True), "POST": row(public=True)},
    "staff:logout": {"POST": row(public=True)},
    "staff:second_factor": {"GET": row(public=True), "POST": row(public=True)},
    "staff:language": {"POST": row(public=True, language="en")},
    "staff:password": {"GET": row(), "POST": row()},
    "staff:availability": {"POST": row(availability="free")},
    "staff:duty": {"GET": row(), "POST": row()},
    "staff:role": {"POST": row(role="nothing")},
    "staff:people": {"GET": row(ADMINS)},
    "staff:new_person": {
        "GET": row(role(Permission.MANAGE_REFERENCE)),
        "POST": row(role(Permission.MANAGE_REFERENCE)),
    },
    "staff:locked": {"GET": row(SECURITY)},
    "staff:person": {"GET": row(ADMINS, thing="person")},
    "staff:grant": {"POST": row(SECURITY, thing="person")},
    "staff:reviews": {"GET": row(SECURITY)},
    "staff:review": {"POST": row(SECURITY, thing="held")},
    "staff:revoke": {"POST": row(SECURITY, thing="holding")},
    "staff:unlock": {"POST": row(SECURITY, thing="person")},
    "staff:reset_password": {"POST": row(SECURITY, thing="person")},
    "staff:forget_phone": {"POST": row(SECURITY, thing="person")},
}
NOTICES = {
    "notices:index": {"GET": row()},
    "notices:latest": {"GET": row()},
    "notices:poll": {"GET": row()},
    "notices:read_all": {"POST": row(newest=1)},
    "notices:open": {"GET": row(own, thing="notice")},
}
GROUND = {
    "privacy:log": {"GET": row(AUDIT)},
    "privacy:verify": {"POST": row(AUDIT)},
    "privacy:changes": {"GET": row(AUDIT)},
    "workdays:calendar": {"GET": row()},
    "workdays:count": {"GET": row()},
    "workdays:csv": {"GET": row(thing="year")},
}
TIERS_SEEN, CARDS = role(Permission.SEE_TIERS), role(Permission.KEEP_SCORECARDS)
CARDS_SEEN = role(Permission.SEE_TIERS, Permission.KEEP_SCORECARDS)
TIERED, SETS = own_or(Permission.SEE_CLIENTS), role(Permission.ASK_OVERRIDE)
TIERS = {
    "tiers:index": {"GET": row(TIERS_SEEN)},
    "tiers:start": {"POST": row(CARDS)},
    "tiers:sign_all": {"POST": row(role(Permission.SIGN_TIERS), thing="run")},
    "tiers:sign": {"POST": row(within(Permission.SEE_TIERS), here(Permission.SIGN_TIERS), thing="part")},
    "tiers:read": {
        "POST": row(within(Permission.SEE_TIERS), here(Permission.SIGN_TIERS), thing="part_client")
    },
    "tiers:export": {"POST": row(TIERS_SEEN)},
    "tiers:send_back": {
        "POST": row(within(Permission.SEE_TIERS), here(Permission.SIGN_TIERS), thing="part", note="x")
    },
    "tiers:again": {"POST": row(within(Permission.SEE_TIERS), here(Permission.SIGN_TIERS), thing="part")},
    "tiers:all_again": {"POST": row(CARDS, thing="run")},
    "tiers:client": {"GET": row(TIERS_SEEN, TIERED, thing="client")},
    "tiers:evaluate": {"POST": row(TIERS_SEEN, TIERED, thing="client")},
    "tiers:override": {
        "GET": row(TIERS_SEEN, TIERED, SETS, thing="client"),
        "POST": row(TIERS_SEEN, TIERED, SETS, thing="client"),
    },
    "tiers:overrides": {"GET": row(TIERS_SEEN)},
    "tiers:settle": {
        "POST": row(own_or(Permission.SEE_TIERS), here(Permission.OVERRIDE_TIER), thing="override", note="x")
    },
    "tiers:cards": {"GET": row(CARDS_SEEN)},
    "tiers:card": {"GET": row(CARDS_SEEN, thing="scorecard")},
    "tiers:card_edit": {"GET": row(CARDS, thing="draft"), "POST": row(CARDS, thing="draft")},
    "tiers:card_copy": {"POST": row(CARDS, thing="scorecard")},
    "tiers:card_simulate": {"POST": row(CARDS, thing="scorecard")},
    "tiers:simulation": {"GET": row(CARDS_SEEN, thing="scorecard")},
    "tiers:card_publish": {"POST": row(CARDS, thing="draft")},
    "tiers:card_discard": {"POST": row(CARDS, thing="draft")},
}
REFERRALS = {
    "referrals:desk": {"GET": row(FILE)},
    "referrals:card": {"GET": row(FILE)},
    "referrals:file": {"POST": row(FILE, **CARD)},
    "referrals:repeat": {"POST": row(FILE, phone="13800005678")},
    "referrals:live": {"GET": row(FILE)},
    "referrals:day_list": {"GET": row(FILE)},
    "referrals:divert": {"POST": row(role(Permission.DIVERT), destination="self_service")},
    "referrals:undo_diversion": {"POST": row(own, thing="diversion")},
    "referrals:patrol": {"POST": row(role(Permission.PATROL))},
    "referrals:duty": {"GET": row(REGISTER)},
    "referrals:duty_post": {"GET": row(STAND)},
    "referrals:duty_sign_in": {"POST": row(STAND)},
    "referrals:duty_step": {"POST": row(own, STAND, thing="shift", note="x")},
    "referrals:calls": {"GET": row(REGISTER)},
    "referrals:call_strip": {"GET": row(role(Permission.ANSWER_CALL))},
    "referrals:call": {"POST": row(STAND)},
    "referrals:call_answer": {
        "POST": row(within(Permission.SEE_DUTY), here(Permission.ANSWER_CALL), thing="call", answer="sending")
    },
    "referrals:call_over": {"POST": row(STAND, within(Permission.STAND_DUTY), thing="call")},
    "referrals:offline": {"GET": row(public=True)},
    "referrals:offline_send": {"POST": row(FILE, owner="0")},
    "referrals:offline_discard": {"POST": row(FILE, count=1)},
    "referrals:worker": {"GET": row(public=True)},
    "referrals:manifest": {"GET": row(public=True)},
    "referrals:closing": {"GET": row(CLOSE)},
    "referrals:day_open": {"POST": row(role(Permission.OPEN_DAY))},
    "referrals:closing_mine": {"GET": row(RECEIVED)},
    "referrals:closing_unfiled": {"POST": row(RECEIVED, surname="刘", salutation="madam")},
    "referrals:closing_state": {"POST": row(RECEIVED, SLIP, thing="slip", said="met")},
    "referrals:closing_deal": {"POST": row(RECEIVED, SLIP, mine_or(Permission.CLOSE_DAY), thing="slip")},
    "referrals:inspections": {"GET": row(role(Permission.INSPECT))},
    "referrals:inspection_draw": {"POST": row(role(Permission.INSPECT))},
    "referrals:inspection_sign": {
        "POST": row(role(Permission.INSPECT), own, thing="inspection", finding="x")
    },
    "referrals:closing_check": {"POST": row(DAY, CLOSES, thing="day")},
    "referrals:closing_settle": {"POST": row(DAY, CLOSES, thing="day_slip", ruling="invalid", note="x")},
    "referrals:closing_uncheck": {"POST": row(DAY, CLOSES, thing="day_slip", note="x")},
    "referrals:closing_record": {"POST": row(DAY, CLOSES, thing="day_card")},
    "referrals:closing_settle_unfiled": {
        "POST": row(DAY, CLOSES, thing="day_statement", ruling="own", note="x")
    },
    "referrals:closing_box": {"POST": row(DAY, CLOSES, thing="day")},
    "referrals:closing_sign": {"POST": row(DAY, here(Permission.SIGN_LOBBY), thing="day")},
    "referrals:closing_stand_in": {
        "POST": row(DAY, here(Permission.STAND_IN), thing="day", side="lobby", reason="x")
    },
    "referrals:closing_lock": {"POST": row(DAY, CLOSES, thing="day")},
    "referrals:closing_reopen": {"POST": row(DAY, here(Permission.REOPEN_DAY), thing="day", note="x")},
    "referrals:closing_remind": {"POST": row(CLOSES, thing="day")},
    "referrals:closing_release": {"POST": row(here(Permission.KEEP_CUSTODY), thing="day")},
    "referrals:statistics": {"GET": row(COUNT)},
    "referrals:statistics_rows": {"GET": row(COUNT)},
    "referrals:statistics_table": {"GET": row(COUNT)},
    "referrals:statistics_print": {"GET": row(COUNT)},
    "referrals:statistics_excel": {"POST": row(COUNT, kind="day")},
    "privacy:export": {"GET": row(own, thing="export")},
    "privacy:export_file": {"GET": row(own, thing="export")},
    "referrals:month_compile": {"POST": row(COUNT, role(Permission.SIGN_MONTH))},
    "referrals:month_sign": {
        "POST": row(within(Permission.SEE_STATISTICS), here(Permission.SIGN_MONTH), thing="report")
    },
    "referrals:slip_print": {"GET": row(SLIP, thing="slip")},
    "referrals:slip_deal": {
        "POST": row(SLIP, here(Permission.RECORD_DEAL), thing="slip", product=1, amount=1)
    },
    "referrals:list": {"GET": row(role(Permission.SEE_REFERRALS))},
    "referrals:mine": {"GET": row(FILE)},
    "referrals:waiting": {"GET": row(role(Permission.WORK_REFERRAL))},
    "referrals:slip": {"GET": row(SLIP, thing="slip")},
    "referrals:receive": {
        "GET": row(SLIP, here(Permission.JUDGE_CLIENT), thing="slip"),
        "POST": row(SLIP, here(Permission.JUDGE_CLIENT), thing="slip", type="ordinary"),
    },
    "referrals:withdraw": {"POST": row(own, FILE, thing="slip", note="x")},
    "referrals:take": {"POST": row(SLIP, RECEIVE, thing="card")},
    "referrals:guide_on": {"POST": row(SLIP, RECEIVE, thing="slip", onward="e_channel")},
    "referrals:step": {"POST": row(SLIP, RECEIVE, thing="slip")},
}
IDENTIFIED = role(Permission.JUDGE_CLIENT, Permission.SEE_FOLLOW_UPS)
JUDGES = role(Permission.JUDGE_CLIENT)
FOLLOW_UPS = {
    "followups:today": {"GET": row(WORK)},
    "followups:new_plan": {"GET": row(WORK), "POST": row(WORK, plan_on=SOON, purpose="x")},
    "followups:own_clients": {"POST": row(WORK, q="刘")},
    "followups:item": {"GET": row(WORK, own, **ITEM)},
    "followups:phone": {"POST": row(WORK, own, **ITEM)},
    "followups:record": {"POST": row(WORK, own, **ITEM, **CONTACT)},
    "followups:prepare": {"POST": row(WORK, own, **ITEM, expected="x")},
    "followups:postpone": {"POST": row(WORK, own, **ITEM, plan_on=SOON)},
    "followups:done": {"POST": row(WORK, own, **ITEM)},
    "followups:give_up": {"POST": row(WORK, own, **ITEM, note="x")},
    "followups:restore": {"POST": row(WORK, own, **ITEM)},
    "followups:next_step": {"GET": row(own_or(Permission.SEE_CLIENTS), LOOK, thing="client")},
    "followups:candidates": {"GET": row(IDENTIFIED)},
    "followups:candidate_take": {
        "POST": row(own_or(Permission.SEE_FOLLOW_UPS), JUDGES, mine, thing="candidate")
    },
    "followups:candidate_dismiss": {
        "POST": row(own_or(Permission.SEE_FOLLOW_UPS), JUDGES, mine, thing="candidate", note="x")
    },
    "followups:chances": {"GET": row(role(Permission.WORK_FOLLOW_UP, Permission.SEE_FOLLOW_UPS))},
    "followups:chance_step": {
        "POST": row(own_or(Permission.SEE_FOLLOW_UPS), WORK, mine, thing="chance", note="x")
    },
    "followups:near": {"GET": row(role(Permission.SEE_TIERS))},
    "followups:near_all": {"POST": row(role(Permission.SEE_TIERS), PLANS)},
    "followups:near_plan": {"POST": row(PLANS, own_or(Permission.SEE_TIERS), thing="client")},
    "followups:records": {"GET": row(LOOK)},
    "followups:record_sheet": {"GET": row(LOOK, own_or(Permission.SEE_FOLLOW_UPS), thing="record")},
    "followups:analysis": {"POST": row(LOOK, own_or(Permission.SEE_FOLLOW_UPS), WORK, own, thing="record")},
    "followups:abandon": {
        "POST": row(LOOK, own_or(Permission.SEE_FOLLOW_UPS), WORK, own, thing="record", note="x")
    },
    "followups:judge": {"POST": row(own, role(Permission.JUDGE_CLIENT), thing="record", type="ordinary")},
    "followups:worklog": {"GET": row(LOOK)},
    "followups:worklog_print": {"GET": row(LOOK)},
}
CLIENT = own_or(Permission.SEE_CLIENTS)
SHOWN = (CLIENT, role(Permission.REVEAL_CLIENT), mine_or(Permission.ASSIGN_CLIENT))
MERGE = role(Permission.MERGE_CLIENTS)
EDITED = (CLIENT, role(Permission.EDIT_CLIENT), mine)
SEGMENTS = role(Permission.USE_SEGMENTS)
SEGMENT = (SEGMENTS, own_or(Permission.USE_SEGMENTS))
NEW_SEGMENT = {
    "name": "x",
    "conditions": {"groups": [{"conditions": [{"field": "archived", "op": "yes"}]}]},
}
CLIENTS = {
    "clients:index": {"GET": row(role(Permission.SEE_CLIENTS))},
    "clients:find": {"POST": row(role(Permission.SEE_CLIENTS), q="刘")},
    "clients:new": {
        "GET": row(role(Permission.EDIT_CLIENT)),
        "POST": row(role(Permission.EDIT_CLIENT), name="王五"),
    },
    "clients:sheet": {"GET": row(CLIENT, thing="client")},
    "clients:timeline": {"GET": row(CLIENT, thing="client")},
    "clients:reveal": {
        "GET": row(*SHOWN, thing="client"),
        "POST": row(*SHOWN, thing="client", purpose="contact"),
    },
    "clients:masked": {"GET": row(CLIENT, thing="client")},
    "clients:edit": {"GET": row(*EDITED, thing="client"), "POST": row(*EDITED, thing="client")},
    "clients:part": {"GET": row(CLIENT, thing="client"), "POST": row(*EDITED, thing="client")},
    "clients:print": {"GET": row(CLIENT, thing="client")},
    "clients:tier": {"GET": row(TIERS_SEEN, TIERED, thing="client")},
    "clients:products": {"GET": row()},
    "clients:product": {
        "GET": row(role(Permission.MANAGE_REFERENCE), thing="product"),
        "POST": row(role(Permission.MANAGE_REFERENCE), thing="product"),
    },
    "clients:product_new": {
        "GET": row(role(Permission.MANAGE_REFERENCE)),
        "POST": row(role(Permission.MANAGE_REFERENCE)),
    },
    "clients:segments": {"GET": row(SEGMENTS)},
    "clients:segment_new": {"GET": row(SEGMENTS), "POST": row(SEGMENTS, name="x")},
    "clients:segment_count": {"POST": row(SEGMENTS)},
    "clients:segment": {"GET": row(*SEGMENT, thing="segment")},
    "clients:segment_edit": {
        "GET": row(*SEGMENT, mine, thing="segment"),
        "POST": row(*SEGMENT, mine, thing="segment"),
    },
    "clients:segment_export": {"POST": row(*SEGMENT, thing="segment")},
    "clients:segment_copy": {"POST": row(*SEGMENT, thing="segment")},
    "clients:segment_delete": {"POST": row(*SEGMENT, mine, thing="segment")},
    "clients:duplicates": {"GET": row(MERGE)},
    "clients:duplicates_find": {"POST": row(MERGE)},
    "clients:duplicate": {"GET": row(MERGE, within(Permission.MERGE_CLIENTS), thing="duplicate")},
    "clients:duplicate_step": {
        "POST": row(MERGE, within(Permission.MERGE_CLIENTS), thing="duplicate", note="x")
    },
    "clients:duplicate_propose": {"POST": row(MERGE, CLIENT, thing="client", customer_no="x")},
    "clients:assign": {
        "GET": row(CLIENT, here(Permission.ASSIGN_CLIENT), thing="client"),
        "POST": row(CLIENT, here(Permission.ASSIGN_CLIENT), thing="client"),
    },
}
CASES = role(Permission.FLAG_CLOSURE, Permission.WORK_CLOSURE, Permission.SEE_CASES)
CASE, KEEPS, FLAGS = (
    own_or(Permission.SEE_CASES),
    role(Permission.WORK_CLOSURE, Permission.HOLD_CLOSURE),
    role(Permission.FLAG_CLOSURE),
)
AT_REGISTER = role(Permission.RECOGNISE_CLIENT, Permission.SEE_DUTY)
GUIDE, STRIKES = own_or(Permission.RECOGNISE_CLIENT, Permission.SEE_DUTY), mine_or(Permission.SEE_DUTY)
AT_DESK, PREPARES = role(Permission.RECOGNISE_CLIENT), role(Permission.PREPARE_OPENING)
OPENING = own_or(Permission.SEE_CASES, Permission.EXECUTE_OPENING)
RECORDED, OPENED = {"thing": "closure"}, {"thing": "opening"}
CLOSURES = {
    "closures:index": {"GET": row(CASES)},
    "closures:find": {"POST": row(AT_DESK, q="6789")},
    "closures:flag": {"POST": row(FLAGS, movement="closure")},
    "closures:analysis": {"GET": row(role(Permission.SEE_CASES))},
    "closures:excel": {"GET": row(role(Permission.SEE_CASES))},
    "closures:receive": {
        "POST": row(within(Permission.SEE_CASES), here(Permission.RECEIVE_CLOSURES), thing="closure_month")
    },
    "closures:case": {"GET": row(CASE, **RECORDED)},
    "closures:print": {"GET": row(CASE, **RECORDED)},
    "closures:step": {"POST": row(CASE, KEEPS, **RECORDED)},
    "closures:measure": {"POST": row(CASE, KEEPS, **RECORDED, kind="talk")},
    "closures:record": {"POST": row(CASE, KEEPS, **RECORDED, go="keep")},
    "closures:desk": {"GET": row(AT_DESK), "POST": row(AT_DESK, q="6789")},
    "closures:guides": {"GET": row(AT_REGISTER)},
    "closures:guide_new": {"POST": row(AT_DESK, place="counter", addressed_as="x", basis="card")},
    "closures:guides_print": {"GET": row(AT_REGISTER)},
    "closures:guide_strike": {"POST": row(GUIDE, STRIKES, thing="guide", note="x")},
    "guide-list": {
        "GET": row(AT_REGISTER),
        "POST": row(AT_DESK, place="counter", addressed_as="x", basis="card"),
    },
    "guide-detail": {"GET": row(GUIDE, thing="guide")},
    "guide-strike": {"POST": row(GUIDE, STRIKES, thing="guide", why="x")},
    "closure-list": {"GET": row(CASES), "POST": row(FLAGS, ticket="x", movement="card", suspicion="churn")},
    "closure-detail": {"GET": row(CASE, **RECORDED)},
    "closure-transitions": {"POST": row(CASE, KEEPS, **RECORDED, name="normal")},
    "closure-went-on": {"POST": row(FLAGS, own, **RECORDED)},
    "closure-measures": {"POST": row(CASE, KEEPS, **RECORDED, kind="talk")},
    "closure-record": {"POST": row(CASE, KEEPS, **RECORDED, reason="rates")},
    "closure-end": {"POST": row(CASE, KEEPS, **RECORDED, result="served")},
    "api-recognitions": {"POST": row(AT_DESK, q="6789")},
    "openings:index": {
        "GET": row(role(Permission.PREPARE_OPENING, Permission.EXECUTE_OPENING, Permission.SEE_CASES))
    },
    "openings:new": {"GET": row(PREPARES, own_or(Permission.SEE_CLIENTS), thing="client")},
    "openings:prepare": {"POST": row(PREPARES, own_or(Permission.SEE_CLIENTS), thing="client")},
    "openings:opening": {"GET": row(OPENING, **OPENED)},
    "openings:tick": {"POST": row(OPENING, PREPARES, mine, thing="opening_kit", ready="1")},
    "openings:step": {"POST": row(OPENING, PREPARES, mine, **OPENED)},
    "openings:learn": {"POST": row(OPENING, PREPARES, mine, **OPENED)},
    "openings:offer": {"POST": row(OPENING, PREPARES, mine, **OPENED)},
    "openings:answer": {"POST": row(OPENING, PREPARES, mine, thing="opening_offer", answer="declined")},
    "openings:execute": {"POST": row(OPENING, here(Permission.EXECUTE_OPENING), **OPENED)},
    "opening-list": {"GET": row(), "POST": row(PREPARES)},
    "opening-detail": {"GET": row(OPENING, **OPENED)},
    "opening-transitions": {"POST": row(OPENING, PREPARES, mine, **OPENED, name="ready")},
    "opening-kit": {"POST": row(OPENING, PREPARES, mine, **OPENED)},
    "opening-offer": {"POST": row(OPENING, PREPARES, mine, **OPENED)},
    "opening-answer": {"POST": row(OPENING, PREPARES, mine, **OPENED, answer="declined")},
    "opening-execute": {"POST": row(OPENING, here(Permission.EXECUTE_OPENING), **OPENED)},
}
FILES = role(Permission.LOAD_FILES)
LOADS = {
    "loads:index": {"GET": row(FILES)},
    "loads:upload": {"POST": row(FILES)},
    "loads:load": {"GET": row(FILES, thing="load"), "POST": row(FILES, thing="load")},
    "loads:errors": {"GET": row(FILES, never, thing="load")},
    "loads:undo": {"POST": row(FILES, thing="load")},
    "loads:maps": {"GET": row(FILES)},
    "loads:map_new": {"GET": row(FILES), "POST": row(FILES)},
    "loads:map": {"GET": row(FILES, thing="column_map"), "POST": row(FILES, thing="column_map")},
    "loads:map_delete": {"POST": row(FILES, thing="column_map")},
}
READS = role(Permission.QUERY_ARCHIVE)
FILED = (READS, within(Permission.QUERY_ARCHIVE))
LOAN, BATCH = own_or(Permission.QUERY_ARCHIVE), own_or(Permission.QUERY_ARCHIVE)

CUSTODY = {
    "custody:index": {"GET": row(READS)},
    "custody:query": {"GET": row(READS), "POST": row(READS, q="0817-2026-0001", purpose="x")},
    "custody:file": {"GET": row(*FILED, thing="archive")},
    "custody:step": {
        "GET": row(*FILED, here(Permission.FILE_ARCHIVE), thing="archive"),
        "POST": row(*FILED, here(Permission.FILE_ARCHIVE), thing="archive", place="A-01"),
    },
    "custody:release": {
        "GET": row(role(Permission.HOLD_ARCHIVE), within(Permission.QUERY_ARCHIVE), thing="hold"),
        "POST": row(role(Permission.HOLD_ARCHIVE), within(Permission.QUERY_ARCHIVE), thing="hold", note="x"),
    },
    "custody:loans": {"GET": row(READS)},
    "custody:loans_mine": {"GET": row()},
    "custody:loan_approve": {"POST": row(LOAN, here(Permission.APPROVE_CUSTODY), thing="loan")},
    "custody:loan_refuse": {
        "GET": row(LOAN, here(Permission.APPROVE_CUSTODY), thing="loan"),
        "POST": row(LOAN, here(Permission.APPROVE_CUSTODY), thing="loan", note="x"),
    },
    "custody:loan_hand_out": {"POST": row(LOAN, here(Permission.LEND_ARCHIVE), thing="loan")},
    "custody:loan_return": {
        "GET": row(LOAN, here(Permission.LEND_ARCHIVE), thing="loan"),
        "POST": row(LOAN, here(Permission.LEND_ARCHIVE), thing="loan"),
    },
    "custody:borrow": {
        "GET": row(own_or(Permission.SEE_CLIENTS), role(Permission.BORROW_ARCHIVE), thing="client"),
        "POST": row(own_or(Permission.SEE_CLIENTS), role(Permission.BORROW_ARCHIVE), thing="client"),
    },
    "custody:checks": {"GET": row(READS)},
    "custody:check_begin": {"POST": row(role(Permission.CHECK_ARCHIVE))},
    "custody:check": {
        "GET": row(*FILED, thing="round"),
        "POST": row(*FILED, here(Permission.CHECK_ARCHIVE), thing="round"),
    },
    "custody:check_settle": {
        "GET": row(role(Permission.CHECK_ARCHIVE), within(Permission.QUERY_ARCHIVE), thing="fault"),
        "POST": row(
            role(Permission.CHECK_ARCHIVE), within(Permission.QUERY_ARCHIVE), thing="fault", note="x"
        ),
    },
    "custody:assessments": {"GET": row(READS)},
    "custody:assess": {
        "GET": row(role(Permission.ASSESS_ARCHIVE), within(Permission.ASSESS_ARCHIVE), thing="self_month"),
        "POST": row(role(Permission.ASSESS_ARCHIVE), within(Permission.ASSESS_ARCHIVE), thing="self_month"),
    },
    "custody:assessment_confirm": {
        "POST": row(own_or(Permission.QUERY_ARCHIVE), here(Permission.APPROVE_CUSTODY), thing="assessment")
    },
    "custody:retention": {"GET": row(READS), "POST": row(READS, role(Permission.DESTROY_ARCHIVE))},
    "custody:review": {"POST": row(role(Permission.DESTROY_ARCHIVE))},
    "custody:destructions": {"GET": row(READS)},
    "custody:destruction": {"GET": row(BATCH, thing="batch")},
    "custody:destruction_sign": {"POST": row(BATCH, here(Permission.APPROVE_DESTRUCTION), thing="batch")},
    "custody:destruction_step": {
        "GET": row(BATCH, here(Permission.DESTROY_ARCHIVE), thing="batch"),
        "POST": row(BATCH, here(Permission.DESTROY_ARCHIVE), thing="batch", note="x"),
    },
    "custody:certificate": {"GET": row(BATCH, thing="done_batch")},
}
TAKES = role(Permission.TAKE_RIGHTS)
ASKED_FOR = own_or(Permission.TAKE_RIGHTS)
RIGHTS = {
    "rights:index": {"GET": row(TAKES)},
    "rights:take": {
        "GET": row(own_or(Permission.SEE_CLIENTS), here(Permission.TAKE_RIGHTS), thing="client"),
        "POST": row(own_or(Permission.SEE_CLIENTS), here(Permission.TAKE_RIGHTS), thing="client"),
    },
    "rights:request": {"GET": row(ASKED_FOR, thing="right")},
    "rights:step": {
        "GET": row(ASKED_FOR, here(Permission.SETTLE_RIGHTS), thing="right"),
        "POST": row(ASKED_FOR, here(Permission.SETTLE_RIGHTS), thing="right", outcome="granted"),
    },
    "rights:answer": {"GET": row(ASKED_FOR, thing="settled_right")},
    "rights:copy": {"POST": row(ASKED_FOR, here(Permission.TAKE_RIGHTS), thing="settled_right")},
}
API = {
    "fileload-list": {"GET": row(FILES), "POST": row(FILES)},
    "fileload-detail": {"GET": row(FILES, thing="load")},
    "fileload-undo": {"POST": row(FILES, thing="load")},
    "api-changes": {"GET": row(AUDIT)},
    "api-token": {"POST": row(), "DELETE": row()},
    "api-schema": {"GET": row()},
    "api-statistics": {"GET": row(COUNT, thing="view")},
    "api-month-sign": {
        "POST": row(
            within(Permission.SEE_STATISTICS), here(Permission.SIGN_MONTH), thing="report", digest="x"
        )
    },
    "api-docs": {"GET": row()},
    "referral-list": {"GET": row(), "POST": row(FILE, **CARD)},
    "referral-detail": {"GET": row(SLIP, thing="slip")},
    "referral-transitions": {"POST": row(SLIP, RECEIVE, thing="slip", name="accept")},
    "referral-verdict": {"POST": row(SLIP, RECEIVE, thing="slip", type="ordinary")},
    "referral-repeat-check": {"POST": row(FILE, phone="13800005678")},
    "referral-guide-on": {"POST": row(SLIP, RECEIVE, thing="slip", onward="e_channel")},
    "referral-take": {"POST": row(SLIP, RECEIVE, thing="card")},
    "referral-withdraw": {"POST": row(own, FILE, thing="slip", reason="x")},
    "closing-list": {"GET": row(role(Permission.SEE_REFERRALS))},
    "closing-detail": {"GET": row(DAY, thing="day")},
    "closing-check": {"POST": row(DAY, CLOSES, thing="day")},
    "closing-settle": {"POST": row(DAY, CLOSES, thing="day", referral=1, ruling="invalid", note="x")},
    "closing-state": {"POST": row(RECEIVED, thing="day", received=True)},
    "closing-opinion-box": {"POST": row(DAY, CLOSES, thing="day")},
    "closing-confirm": {"POST": row(DAY, here(Permission.SIGN_LOBBY), thing="day", side="lobby")},
    "closing-lock": {"POST": row(DAY, CLOSES, thing="day")},
    "closing-reopen": {"POST": row(DAY, here(Permission.REOPEN_DAY), thing="day", reason="x")},
    "duplicate-list": {"GET": row(MERGE)},
    "duplicate-detail": {"GET": row(MERGE, within(Permission.MERGE_CLIENTS), thing="duplicate")},
    "duplicate-confirm": {"POST": row(MERGE, within(Permission.MERGE_CLIENTS), thing="duplicate")},
    "duplicate-dismiss": {"POST": row(MERGE, within(Permission.MERGE_CLIENTS), thing="duplicate", note="x")},
    "duplicate-undo": {"POST": row(MERGE, within(Permission.MERGE_CLIENTS), thing="duplicate", note="x")},
    "duplicate-find": {"POST": row(MERGE)},
    "runpart-list": {"GET": row(TIERS_SEEN)},
    "runpart-detail": {"GET": row(TIERS_SEEN, within(Permission.SEE_TIERS), thing="part")},
    "runpart-sign": {"POST": row(within(Permission.SEE_TIERS), here(Permission.SIGN_TIERS), thing="part")},
    "runpart-send-back": {
        "POST": row(within(Permission.SEE_TIERS), here(Permission.SIGN_TIERS), thing="part", opinion="x")
    },
    "runpart-recompute": {
        "POST": row(within(Permission.SEE_TIERS), here(Permission.SIGN_TIERS), thing="part")
    },
    "runpart-recompute-sent-back": {"POST": row(CARDS, run=1)},
    "evaluation-list": {"GET": row(TIERS_SEEN)},
    "segment-list": {"GET": row(SEGMENTS), "POST": row(SEGMENTS, **NEW_SEGMENT)},
    "segment-detail": {
        "GET": row(*SEGMENT, thing="segment"),
        "PUT": row(*SEGMENT, mine, thing="segment", **NEW_SEGMENT),
        "DELETE": row(*SEGMENT, mine, thing="segment"),
    },
    "segment-clients": {"GET": row(*SEGMENT, thing="segment")},
    "segment-count": {"POST": row(SEGMENTS, conditions=NEW_SEGMENT["conditions"])},
    "segment-fields": {"GET": row(SEGMENTS)},
    "client-list": {"GET": row()},
    "client-search": {"POST": row(q="刘")},
    "client-profile": {"GET": row(own_or(Permission.SEE_CLIENTS), thing="client")},
    "client-detail": {"GET": row(own_or(Permission.SEE_CLIENTS), thing="client")},
    "archive-list": {"GET": row(READS)},
    "archive-detail": {"GET": row(*FILED, thing="archive")},
    "archive-events": {"GET": row(*FILED, thing="archive")},
    "archive-file": {
        "POST": row(
            within(Permission.QUERY_ARCHIVE), here(Permission.FILE_ARCHIVE), thing="archive", place="A-01"
        )
    },
    "archive-store": {
        "POST": row(
            within(Permission.QUERY_ARCHIVE),
            here(Permission.STORE_ARCHIVE),
            thing="archive",
            place="A-02",
            reason="x",
        )
    },
    "archive-papers": {
        "POST": row(
            within(Permission.QUERY_ARCHIVE), here(Permission.UPDATE_ARCHIVE), thing="archive", reason="x"
        )
    },
    "archive-lend": {
        "POST": row(
            within(Permission.QUERY_ARCHIVE),
            here(Permission.LEND_ARCHIVE),
            thing="archive",
            borrower=1,
            purpose="x",
            due_on=SOON,
        )
    },
    "archive-hold": {
        "POST": row(
            within(Permission.QUERY_ARCHIVE),
            here(Permission.HOLD_ARCHIVE),
            thing="archive",
            kind="other",
            reason="x",
        )
    },
    "loan-list": {"GET": row()},
    "loan-detail": {"GET": row(LOAN, thing="loan")},
    "loan-transitions": {
        "POST": row(LOAN, here(Permission.APPROVE_CUSTODY), thing="loan", name="refuse", note="x")
    },
    "destruction-list": {
        "GET": row(),
        "POST": row(role(Permission.DESTROY_ARCHIVE), archives=[1], reason="x"),
    },
    "destruction-detail": {"GET": row(BATCH, thing="batch")},
    "destruction-transitions": {
        "POST": row(BATCH, here(Permission.DESTROY_ARCHIVE), thing="batch", name="withdraw", note="x")
    },
    "data-request-list": {
        "GET": row(),
        "POST": row(
            own_or(Permission.SEE_CLIENTS),
            here(Permission.TAKE_RIGHTS),
            kind="delete",
            applicant="self",
            identity="document",
            wish="x",
            received_on=datetime.date.today().isoformat(),
        ),
    },
    "data-request-detail": {"GET": row(ASKED_FOR, thing="right")},
    "data-request-transitions": {
        "POST": row(
            ASKED_FOR, here(Permission.SETTLE_RIGHTS), thing="right", name="settle", outcome="granted"
        )
    },
    "candidate-list": {"GET": row(IDENTIFIED)},
    "candidate-detail": {"GET": row(IDENTIFIED, own_or(Permission.SEE_FOLLOW_UPS), thing="candidate")},
    "chance-list": {"GET": row(role(Permission.WORK_FOLLOW_UP, Permission.SEE_FOLLOW_UPS))},
    "chance-detail": {
        "GET": row(
            role(Permission.WORK_FOLLOW_UP, Permission.SEE_FOLLOW_UPS),
            own_or(Permission.SEE_FOLLOW_UPS),
            thing="chance",
        )
    },
    "chance-take": {"POST": row(own_or(Permission.SEE_FOLLOW_UPS), WORK, mine, thing="chance")},
    "chance-win": {"POST": row(own_or(Permission.SEE_FOLLOW_UPS), WORK, mine, thing="chance")},
    "chance-drop": {"POST": row(own_or(Permission.SEE_FOLLOW_UPS), WORK, mine, thing="chance", reason="x")},
    "candidate-take": {"POST": row(own_or(Permission.SEE_FOLLOW_UPS), JUDGES, mine, thing="candidate")},
    "candidate-dismiss": {
        "POST": row(own_or(Permission.SEE_FOLLOW_UPS), JUDGES, mine, thing="candidate", reason="x")
    },
    "planitem-list": {"GET": row(), "POST": row(WORK, plan_on=SOON, purpose="x")},
    "planitem-detail": {"GET": row(own_or(Permission.SEE_FOLLOW_UPS), **ITEM)},
    "planitem-contact": {"POST": row(WORK, own, **ITEM, **CONTACT)},
    "planitem-done": {"POST": row(WORK, own, **ITEM)},
    "planitem-give-up": {"POST": row(WORK, own, **ITEM, note="x")},
    "planitem-postpone": {"POST": row(WORK, own, **ITEM, plan_on=SOON)},
    "planitem-restore": {"POST": row(WORK, own, **ITEM)},
}
TAKES, SEES = role(Permission.TAKE_COMPLAINT), own_or(Permission.SEE_COMPLAINTS)
WORKS = (TAKES, SEES, mine_or(Permission.ASSIGN_COMPLAINT))
ANALYSES, NOTICE = role(Permission.ANALYSE_COMPLAINTS), role(Permission.ASSIGN_COMPLAINT)
COMPLAINTS = {
    "complaints:complaints": {"GET": row(TAKES)},
    "complaints:take": {"GET": row(TAKES), "POST": row(TAKES)},
    "complaints:desk": {"GET": row(ANALYSES)},
    "complaints:risk": {"GET": row(ANALYSES)},
    "complaints:figures": {"GET": row(ANALYSES)},
    "complaints:report": {"GET": row(ANALYSES)},
    "complaints:excel": {"GET": row(ANALYSES)},
    "complaints:extensions": {"GET": row(role(Permission.RULE_COMPLAINT))},
    "complaints:reviews": {"GET": row(role(Permission.RULE_COMPLAINT))},
    "complaints:retention": {"GET": row(READS), "POST": row(READS, role(Permission.DESTROY_ARCHIVE))},
    "complaints:notice": {"GET": row(NOTICE)},
    "complaints:point": {"GET": row(NOTICE), "POST": row(NOTICE)},
    "complaints:complaint": {"GET": row(TAKES, SEES, thing="complaint")},
    "complaints:form": {"GET": row(TAKES, SEES, thing="complaint")},
    "complaints:letter": {"GET": row(*WORKS, thing="complaint")},
    "complaints:phone": {"POST": row(*WORKS, thing="complaint")},
    "complaints:attach": {"POST": row(*WORKS, thing="complaint")},
    "complaints:file": {"GET": row(TAKES, SEES, thing="complaint_file")},
    "complaints:improvement": {
        "GET": row(TAKES, own, thing="improvement"),
        "POST": row(TAKES, own, thing="improvement"),
    },
    "complaints:improved": {"POST": row(*WORKS, thing="complaint_improvement")},
    "complaints:step": {"GET": row(*WORKS, thing="complaint"), "POST": row(*WORKS, thing="complaint")},
    "complaint-list": {"GET": row(TAKES), "POST": row(TAKES)},
    "complaint-detail": {"GET": row(TAKES, SEES, thing="complaint")},
    "improvement-list": {"GET": row(TAKES)},
    "improvement-detail": {"GET": row(TAKES, own, thing="improvement")},
    "improvement-done": {"POST": row(TAKES, own, thing="improvement")},
    "complaint-file-list": {
        "GET": row(READS),
        "POST": row(role(Permission.DESTROY_ARCHIVE), complaints=[1], reason="x"),
    },
    "complaint-step": {"POST": row(*WORKS, thing="complaint", note="x")},
}
ACCESS = {
    **PORTAL,
    **STAFF,
    **NOTICES,
    **GROUND,
    **REFERRALS,
    **FOLLOW_UPS,
    **CLIENTS,
    **TIERS,
    **CLOSURES,
    **LOADS,
    **CUSTODY,
    **RIGHTS,
    **API,
    **COMPLAINTS,
}
#: What an address needs beside its object.
MORE = {
    "closures:step": ["normal"],
    "openings:step": ["ready"],
    "tiers:settle": ["refuse"],
    "clients:masked": ["phone"],
    "clients:duplicate_step": ["dismiss"],
    "custody:step": ["file"],
    "custody:destruction_sign": ["approve"],
    "followups:chance_step": ["drop"],
    "custody:destruction_step": ["withdraw"],
    "rights:step": ["settle"],
    "clients:edit": ["contact"],
    "clients:part": ["needs"],
    "referrals:step": ["accept"],
    "complaints:step": ["note"],
    "complaint-step": ["note"],
    "referrals:duty_step": ["leave"],
}
QUERY = {"clients:reveal": "?field=name"}
