"""Impossible rows are impossible: for each constraint of ours, the row it is there to refuse.

Written past the actions and forms, straight into the tables; PostgreSQL names what it refuses.
"""

import datetime
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from clients.models import (
    Archive,
    Assessment,
    Band,
    CheckItem,
    CheckRound,
    Client,
    ColumnMap,
    Consent,
    ContactWish,
    CustodyEvent,
    Destruction,
    DestructionItem,
    Dimension,
    DowngradeRead,
    Duplicate,
    DuplicateConfirmation,
    EvaluationRun,
    FamilyMember,
    FileLoad,
    FileSerial,
    Hold,
    Holding,
    ImportantDate,
    Indicator,
    LifeEvent,
    Loan,
    MonthlyBalance,
    Override,
    Product,
    Profile,
    Replaced,
    RetentionReview,
    RetentionRule,
    RightsRequest,
    RunPart,
    Scorecard,
    Segment,
    TierRule,
    Verdict,
)
from followups.models import Appointment, Candidate, CandidateRule, Deal, FollowUp, PlanItem
from referrals.models import (
    CrowdCall,
    DayFigure,
    DealCredit,
    DutyGap,
    DutyRule,
    DutyShift,
    MonthReport,
    OfflineArrival,
    OfflineDiscard,
    Referral,
    Statement,
)
from referrals.rules.figures import MEASURES
from rmflow.doors.models import IdempotencyKey
from rmflow.notices.models import Delivery, Notice
from rmflow.portal.models import BoardDevice
from rmflow.privacy.models import AccessEvent, Export
from rmflow.staff.models import RoleHolding, Sitting, User
from rmflow.workdays.models import (
    BranchDay,
    CalendarDay,
    CalendarStamp,
    CalendarYear,
    ClosingRule,
    CustodyLine,
    DayConfirmation,
    DayReopening,
    FreezePass,
    Inspection,
    OpeningDay,
    OpeningRule,
    OpinionBoxCheck,
)
from tests.complaints import impossible as complaint_rows
from tests.complaints import impossible_closures as closure_rows

OURS = ("rmflow", "clients", "followups", "referrals", "complaints", "maintenance")
NOON = datetime.datetime(2026, 3, 4, 4, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.date(2026, 3, 4)


@pytest.fixture
def world(db, branches, wealth, lobby):
    """One possible row of each kind that others lean on."""
    branch = branches["first"]
    person = Client.objects.create(name="刘", branch=branch)
    notice = Notice.objects.create(recipient=wealth, kind="x", text="x", key="k")
    return SimpleNamespace(
        branch=branch,
        wealth=wealth,
        lobby=lobby,
        person=person,
        notice=notice,
        day=BranchDay.objects.create(branch=branch, date=DAY, opened_at=NOON),
    )


def slip(w, **fields):
    usual = {
        "day": w.day,
        "branch": w.branch,
        "sender_branch": w.branch,
        "referrer": w.lobby,
        "referrer_role": "lobby_manager",
        "client": w.person,
        "cues": ["forex"],
        "source_channel": "lobby",
        "status": "referred",
        "referred_at": NOON,
    }
    return Referral.objects.create(**{**usual, **fields})


def record(w, **fields):
    return FollowUp.objects.create(client=w.person, branch=w.branch, manager=w.wealth, **fields)


def item(w, **fields):
    usual = {"owner": w.wealth, "branch": w.branch, "kind": "contact", "plan_on": DAY, "source_key": "x"}
    return PlanItem.objects.create(**{**usual, **fields})


def pair(w, **fields):
    one, other = w.person, Client.objects.get_or_create(name="李", branch=w.branch)[0]
    usual = {"one": one, "other": other, "branch_of_one": w.branch, "branch_of_other": w.branch}
    return Duplicate.objects.create(**{**usual, **fields})


def meeting(w, starts=NOON, ends=NOON + HOUR):
    return Appointment.objects.create(
        client=w.person, manager=w.wealth, branch=w.branch, starts_at=starts, ends_at=ends
    )


def person(w, **fields):
    return Client.objects.create(name="王", branch=w.branch, **fields)


def event(w, **chain):
    """The log takes new rows unchained and fills the chain once."""
    row = AccessEvent.objects.create(at=NOON, branch=w.branch, kind="view")
    AccessEvent.objects.filter(pk=row.pk).update(**chain)


def delivery(w, **fields):
    return Delivery.objects.create(notice=w.notice, channel="email", next_try_at=NOON, **fields)


def another_day(w, **fields):
    return BranchDay.objects.create(
        **{"branch": w.branch, "date": DAY + datetime.timedelta(days=1), "opened_at": NOON, **fields}
    )


def balance(w, month):
    return MonthlyBalance.objects.create(client=w.person, month=month, amount=1)


def holding(w, **fields):
    return RoleHolding.objects.create(
        **{"user": w.wealth, "role": "teller", "branch": w.branch, "valid_from": DAY, **fields}
    )


def shift(w, **fields):
    return DutyShift.objects.create(branch=w.branch, person=w.lobby, began_at=NOON, **fields)


def crowd(w, **fields):
    return CrowdCall.objects.create(branch=w.branch, by=w.lobby, at=NOON, **fields)


def screen(w, **fields):
    times = {"pairing_until": NOON, "expires_at": NOON}
    return BoardDevice.objects.create(branch=w.branch, name="x", made_by=w.lobby, **times, **fields)


def product(w, **fields):
    return Product.objects.create(**{"code": "X1", "name": "x", "category": "fund", **fields})


def contract(w, **fields):
    usual = {"client": w.person, "contract_no": "1", "amount": 1, "opened_on": DAY}
    return Holding.objects.create(**{**usual, "product": Product.objects.first(), **fields})


def profile(w, **fields):
    return Profile.objects.create(client=w.person, **fields)


def relative(w, **fields):
    return FamilyMember.objects.create(**{"client": w.person, "relation": "child", **fields})


def day_to_remember(w, **fields):
    usual = {"client": w.person, "kind": "birthday", "month": 3, "day": 4}
    return ImportantDate.objects.create(**{**usual, **fields})


def consent(w, **fields):
    usual = {"client": w.person, "purpose": "service", "given_at": NOON, "version": "1", "basis": "consent"}
    return Consent.objects.create(**{**usual, **fields})


def wish(w, **fields):
    return ContactWish.objects.create(**{"client": w.person, "channel": "sms", "wanted": False, **fields})


def deal(w, **fields):
    usual = {
        "client": w.person,
        "product": Product.objects.first(),
        "amount": 1,
        "done_on": DAY,
        "day": w.day,
    }
    people = {
        "branch": w.branch,
        "manager": w.wealth,
        "by": w.wealth,
        "source_key": str(Deal.objects.count()),
    }
    return Deal.objects.create(**{**usual, **people, **fields})


def credit(w, **fields):
    people = {"referrer": w.lobby, "manager": w.wealth}
    usual = {"deal": deal(w), "referral": Referral.objects.first() or slip(w)}
    return DealCredit.objects.create(**{**usual, **people, **fields})


def report(w, **fields):
    return MonthReport.objects.create(**{"branch": w.branch, "month": DAY.replace(day=1), **fields})


def day_figure(w):
    counts = {name: 0 for name in MEASURES if name != "reached"}
    return DayFigure.objects.create(day=w.day, branch=w.branch, date=DAY, **counts)


def archive(w, **fields):
    """One archive of a new person, in the cabinet."""
    number = Archive.objects.count()
    usual = {"file_no": f"0817-2026-{number:04d}", "branch": w.branch, "opened_by": w.wealth}
    filed = {"state": "filed", "place": "A-01", "filed_at": NOON, "filed_by": w.lobby}
    return Archive.objects.create(**{"client": person(w), **usual, **filed, **fields})


def hold(w, **fields):
    usual = {"client": w.person, "kind": "complaint", "reason": "x", "placed_at": NOON}
    return Hold.objects.create(**{**usual, **fields})


def loan(w, **fields):
    usual = {"borrower": w.wealth, "purpose": "x", "state": "asked", "asked_by": w.lobby, "due_on": DAY}
    return Loan.objects.create(**{"archive": Archive.objects.first() or archive(w), **usual, **fields})


def check_round(w):
    return CheckRound.objects.create(branch=w.branch, by=w.lobby)


def checked(w, **fields):
    usual = {"round": CheckRound.objects.first() or check_round(w)}
    return CheckItem.objects.create(**{**usual, "archive": Archive.objects.first() or archive(w), **fields})


def assessment(w, **fields):
    usual = {"branch": w.branch, "manager": w.wealth, "month": DAY.replace(day=1), "grade": "good"}
    return Assessment.objects.create(**{**usual, "by": w.lobby, **fields})


def destruction(w, **fields):
    usual = {"branch": w.branch, "reason": "x", "proposed_by": w.lobby}
    return Destruction.objects.create(**{**usual, "number": f"XH-{Destruction.objects.count()}", **fields})


def signed(w):
    """A list with both approvals, by two others."""
    others = [User.objects.create(employee_no=f"3{n}", name="x", password="x") for n in range(2)]
    return {"supervisor": others[0], "head": others[1]}


def listed(w, **fields):
    usual = {"file_no": "x", "opened_on": DAY, "keep_until": DAY}
    batch = fields.pop("batch", None) or Destruction.objects.first() or destruction(w)
    kept = Archive.objects.first() or archive(w)
    return DestructionItem.objects.create(**{"batch": batch, "archive": kept, **usual, **fields})


def right(w, **fields):
    usual = {"client": w.person, "branch": w.branch, "kind": "see", "applicant": "self"}
    usual |= {"identity": "document", "wish": "x", "received_on": DAY, "due_on": DAY, "taken_by": w.wealth}
    return RightsRequest.objects.create(**{**usual, **fields})


def period(record, **fields):
    return lambda w: RetentionRule.objects.filter(record=record).update(**fields)


def twice(make, **fields):
    def call(w):
        make(w, **fields)
        make(w, **fields)

    return call


def once(make, **fields):
    return lambda w: make(w, **fields)


def column_map(w, **fields):
    usual = {"name": f"m{ColumnMap.objects.count()}", "kind": "balances", "saved_by": w.wealth}
    return ColumnMap.objects.create(**{**usual, **fields})


def file_load(w, **fields):
    usual = {"kind": "balances", "name": "x.csv", "sha256": "0" * 64, "size": 1, "source": "upload"}
    return FileLoad.objects.create(**{**usual, **fields})


def replaced(w):
    load = FileLoad.objects.first() or file_load(w)
    return Replaced.objects.create(load=load, kind="balances", row_id=1, before={})


def candidate_rule(w, **fields):
    return CandidateRule.objects.filter(code="maturing").update(**fields)


def candidate(w, **fields):
    usual = {"client": w.person, "branch": w.branch, "rules": ["inflow"], "suggests": "premium", "amount": 1}
    return Candidate.objects.create(**{**usual, "found_on": DAY, "seen_on": DAY, **fields})


def settled(w, state, **fields):
    return candidate(w, state=state, settled_by=w.wealth, settled_at=NOON, **fields)


def segment(w):
    return Segment.objects.create(name="x", owner=w.wealth)


def card(w, **fields):
    count = Scorecard.objects.count()
    return Scorecard.objects.create(**{"version": f"v{count}", "name": "x", **fields})


def dimension(w, **fields):
    usual = {"scorecard": Scorecard.objects.get(), "name": "x", "weight": 1}
    return Dimension.objects.create(**{**usual, **fields})


def indicator(w, **fields):
    usual = {"dimension": Dimension.objects.first(), "name": "x", "source": "age"}
    return Indicator.objects.create(**{**usual, **fields})


def band(w, **fields):
    return Band.objects.create(**{"indicator": Indicator.objects.first(), "points": 1, **fields})


def tier(w, **fields):
    usual = {"scorecard": Scorecard.objects.get(), "code": "T9", "name": "x", "minimum": 9_000_000}
    return TierRule.objects.create(**{**usual, **fields})


def run(w, **fields):
    usual = {"kind": "monthly", "month": DAY.replace(day=1), "effective_on": DAY, "upgrades_on": DAY}
    return EvaluationRun.objects.create(**{**usual, "scorecard": Scorecard.objects.get(), **fields})


def part(w, **fields):
    made = EvaluationRun.objects.first() or run(w)
    return RunPart.objects.create(**{"run": made, "branch": w.branch, **fields})


def override(w, **fields):
    usual = {"client": w.person, "tier": "T3", "reason": "x", "starts_on": DAY, "asked_by": w.wealth}
    return Override.objects.create(**{**usual, "expires_on": DAY + datetime.timedelta(days=30), **fields})


def read_downgrade(w, **fields):
    made = RunPart.objects.first() or part(w)
    return DowngradeRead.objects.create(part=made, client=w.person, by=w.wealth)


def signature(w, **fields):
    usual = {"day": w.day, "side": "manager", "person": w.wealth, "by": w.wealth, "at": NOON}
    return DayConfirmation.objects.create(**{**usual, **fields})


def closing_rule(w, **fields):
    return ClosingRule.objects.create(branch=w.branch, **fields)


def statement(w, **fields):
    usual = {"day": w.day, "manager": w.wealth, "by": w.wealth, "addressed_as": "刘女士"}
    return Statement.objects.create(**{**usual, **fields})


def reopening(w, **fields):
    return DayReopening.objects.create(**{"day": w.day, "by": w.lobby, "at": NOON, "reason": "x", **fields})


def inspection(w, **fields):
    return Inspection.objects.create(branch=w.branch, by=w.lobby, at=NOON, **fields)


def custody_line(w):
    return CustodyLine.objects.create(branch=w.branch, day=w.day, way="in", at=NOON)


def day_pass(w):
    return FreezePass.objects.create(at=NOON, name="merge", table="x", day_id=1, row_id=1, transaction=1)


IMPOSSIBLE = {
    "referral_counts_once_checked": once(slip, check_result="matched"),
    "statement_is_about_somebody": once(statement, addressed_as=""),
    "statement_met_is_received": once(statement, received=False, met=True),
    "statement_ruling_has_its_author": once(statement, ruling="own"),
    "workdays_sealed_until_a_time": lambda w: BranchDay.objects.update(sealed_at=NOON),
    "workdays_closing_hours_in_order": once(closing_rule, release_at="18:00"),
    "workdays_closing_escalates_soon": once(closing_rule, escalate_minutes=241),
    "workdays_one_signature_each": twice(signature),
    "workdays_one_lobby_signature": lambda w: (
        signature(w, side="lobby"),
        signature(w, side="lobby", person=w.lobby, by=w.lobby),
    ),
    "workdays_standing_in_has_a_reason": lambda w: signature(w, by=w.lobby),
    "workdays_witness_is_another": lambda w: OpinionBoxCheck.objects.create(
        day=w.day, by=w.lobby, witness=w.lobby, at=NOON
    ),
    "workdays_one_reopening_at_a_time": twice(reopening),
    "workdays_reopening_has_a_reason": once(reopening, reason=""),
    "workdays_custody_once_a_day": twice(custody_line),
    "workdays_signed_inspection_says_something": once(inspection, signed_at=NOON),
    "workdays_one_inspection_at_a_time": twice(inspection),
    "workdays_pass_logged_once": twice(day_pass),
    "referral_has_a_clue": once(slip, cues=[]),
    "referral_waits_only_when_referred": once(
        slip, status="to_follow_up", agreed_on=DAY, reception="waiting", waiting_since=NOON
    ),
    "referral_waiting_has_a_time": once(slip, reception="waiting"),
    "referral_card_has_a_day": once(slip, status="to_follow_up"),
    "referral_received_by_somebody": once(slip, reception="accepted"),
    "referral_share_is_a_percentage": once(slip, credit_share=101),
    "product_category_known": once(product, category="house"),
    "deal_amount_is_positive": once(deal, amount=0),
    "credit_shares_are_percentages": once(credit, referrer_share=101),
    "credit_of_one_person_is_one_share": lambda w: credit(w, referrer=w.wealth, manager_share=40),
    "credit_converts_once": twice(credit),
    "month_report_once": twice(report),
    "month_report_is_its_first_day": once(report, month=DAY.replace(day=2)),
    "month_report_signed_by_somebody": once(report, state="signed"),
    "month_report_changed_when_signed": once(report, changed_at=NOON),
    "day_figure_once": twice(day_figure),
    "privacy_export_ready_has_its_file": lambda w: Export.objects.create(
        by=w.wealth, asked={}, name="x", state="ready"
    ),
    "follow_up_once_live": twice(record),
    "follow_up_closed_has_a_time": once(record, status="abandoned"),
    "plan_once": twice(item),
    "plan_counted_from_a_day": once(item, day_counted=True),
    "plan_settled_has_a_time": once(item, state="done"),
    "appointment_ends_after_it_begins": once(meeting, ends=NOON),
    "appointment_one_at_a_time": lambda w: (meeting(w), meeting(w, NOON + HOUR / 2, NOON + 2 * HOUR)),
    "client_id_once": twice(person, id_kind="id_card", id_hash="a" * 32),
    "client_phone_needs_notice": once(person, phone_hash="a" * 32),
    "client_type_known": once(person, type="rich"),
    "client_level_of_premium": once(person, level="core"),
    "client_backup_is_another": lambda w: person(w, owner=w.wealth, backup=w.wealth),
    "client_merged_is_empty": lambda w: person(w, merged_into=w.person, customer_no="C1"),
    "duplicate_once": twice(pair),
    "duplicate_of_two": lambda w: pair(w, other=w.person),
    "duplicate_state_known": once(pair, state="perhaps", settled_at=NOON),
    "duplicate_merged_into_somebody": once(pair, state="merged", settled_at=NOON),
    "duplicate_settled_has_a_time": once(pair, state="dismissed"),
    "duplicate_branch_speaks_once": lambda w: [
        DuplicateConfirmation.objects.create(pair=p, branch=w.branch, by=by)
        for p in [pair(w)]
        for by in (w.wealth, w.lobby)
    ],
    "duplicate_two_persons": lambda w: [
        DuplicateConfirmation.objects.create(pair=p, branch=b, by=w.wealth)
        for p in [pair(w)]
        for b in (w.branch, w.branch.parent)
    ],
    "archive_state_known": once(archive, state="lost"),
    "archive_filed_has_a_place": once(archive, place=""),
    "archive_destroyed_has_a_time": once(archive, state="destroyed"),
    "client_restricted_is_left_alone": lambda w: person(w, restricted_at=NOON),
    "client_erased_is_nobody": lambda w: person(w, erased_at=NOON, do_not_contact=True),
    "hold_once_a_source": twice(hold, source_key="complaint:1"),
    "hold_has_a_reason": once(hold, reason=""),
    "hold_released_after_placed": once(hold, released_at=NOON - HOUR),
    "custody_event_link_known": lambda w: CustodyEvent.objects.create(
        archive=archive(w), branch=w.branch, link="other", name="x"
    ),
    "custody_event_about_something": lambda w: CustodyEvent.objects.create(
        branch=w.branch, link="check", name="x"
    ),
    "loan_one_at_a_time": twice(loan),
    "loan_state_known": once(loan, state="lost"),
    "loan_lent_by_somebody": once(loan, state="lent"),
    "loan_returned_to_somebody": lambda w: loan(w, state="returned", lent_at=NOON, lent_by=w.lobby),
    "loan_approved_by_another": lambda w: loan(w, settled_by=w.wealth),
    "check_one_at_a_time": twice(check_round),
    "check_item_once": twice(checked),
    "check_finding_known": once(checked, finding="strange", note="x"),
    "check_fault_is_described": once(checked, finding="missing"),
    "assessment_once_a_month": twice(assessment),
    "assessment_month_is_its_first_day": once(assessment, month=DAY),
    "assessment_grade_known": once(assessment, grade="superb"),
    "assessment_confirmed_by_another": lambda w: assessment(w, confirmed_by=w.lobby),
    "retention_in_years_or_days": period("journal", days=3),
    "retention_file_ten_years": period("client_file", years=9),
    "retention_complaint_three_years": period("complaint", years=2),
    "retention_log_six_months": period("audit_log", years=0, days=100),
    "retention_review_once_a_year": lambda w: [
        RetentionReview.objects.create(branch=w.branch, year=2026) for _n in "ab"
    ],
    "destruction_state_and_reason": once(destruction, reason=""),
    "destruction_two_approvals": lambda w: destruction(w, state="approved", supervisor=w.wealth),
    "destruction_three_persons": lambda w: destruction(w, supervisor=w.wealth, head=w.wealth),
    "destruction_two_present": lambda w: destruction(
        w, state="underway", **signed(w), carried_by=w.lobby, witness=w.lobby
    ),
    "destruction_done_has_a_time": lambda w: destruction(
        w, state="done", **signed(w), carried_by=w.lobby, witness=w.wealth
    ),
    "destruction_item_once": lambda w: [listed(w, state="stopped", stop="hold") for _n in "ab"],
    "destruction_item_on_one_list": lambda w: [listed(w, batch=destruction(w)) for _n in "ab"],
    "destruction_item_stopped_says_why": once(listed, state="stopped"),
    "rights_one_open": twice(right),
    "rights_taken_whole": once(right, wish=""),
    "rights_due_after_received": once(right, due_on=DAY - datetime.timedelta(days=1)),
    "rights_settled_has_an_outcome": once(right, state="settled"),
    "rights_refusal_has_reasons": lambda w: right(
        w, state="settled", outcome="refused", settled_by=w.lobby, settled_at=NOON
    ),
    "rights_answered_in_a_way": lambda w: right(
        w, state="answered", outcome="granted", settled_by=w.lobby, settled_at=NOON
    ),
    "file_serial_once": lambda w: [FileSerial.objects.create(branch=w.branch, year=2026) for _n in "ab"],
    "verdict_decides": lambda w: Verdict.objects.create(
        client=w.person, type="unjudged", type_before="unjudged", branch=w.branch, by=w.wealth
    ),
    "balance_once_a_month": twice(balance, month=DAY.replace(day=1)),
    "balance_month_is_its_first_day": once(balance, month=DAY),
    "product_risk_known": once(product, risk="R6"),
    "product_minimum_not_negative": once(product, minimum=-1),
    "product_mortgage_is_a_loan": once(product, is_mortgage=True),
    "contract_once": twice(contract),
    "contract_ends_after_it_opens": once(contract, ended_on=DAY - datetime.timedelta(days=1)),
    "contract_matures_after_it_opens": once(contract, matures_on=DAY - datetime.timedelta(days=1)),
    "contract_overdue_not_negative": once(contract, overdue_days=-1),
    "profile_job_class_known": once(profile, job_class="king"),
    "profile_activity_known": once(profile, activity="wild"),
    "profile_price_known": once(profile, price_sensitivity="x"),
    "profile_experience_known": once(profile, experience="x"),
    "profile_channel_known": once(profile, contact_channel="pigeon"),
    "profile_hours_known": once(profile, contact_hours="x"),
    "profile_risk_known": once(profile, risk_tolerance="C6", risk_assessed_on=DAY),
    "profile_risk_was_assessed": once(profile, risk_tolerance="C3"),
    "profile_risk_valid_after_assessed": once(
        profile, risk_assessed_on=DAY, risk_valid_until=DAY - datetime.timedelta(days=1)
    ),
    "profile_hobbies_known": once(profile, hobbies=["war"]),
    "profile_preferences_known": once(profile, preferences=["house"]),
    "profile_habits_known": once(profile, habits=["x"]),
    "profile_cares_most_known": once(profile, cares_most=["x"]),
    "profile_cares_least_known": once(profile, cares_least=["x"]),
    "profile_cares_either_way": once(profile, cares_most=["news"], cares_least=["news"]),
    "profile_secrecy_known": once(profile, secrecy="top"),
    "profile_income_not_negative": once(profile, family_income=-1),
    "profile_elsewhere_not_negative": once(profile, other_bank_assets=-1),
    "family_relation_known": once(relative, relation="neighbour"),
    "family_is_another": lambda w: relative(w, person=w.person),
    "family_person_once": lambda w: [relative(w, person=who) for who in [person(w)] * 2],
    "important_date_kind_known": once(day_to_remember, kind="x"),
    "important_date_exists": once(day_to_remember, month=2, day=30),
    "important_date_year_plausible": once(day_to_remember, year=1000),
    "important_date_one_birthday": twice(day_to_remember),
    "life_event_kind_known": lambda w: LifeEvent.objects.create(client=w.person, kind="lottery", on=DAY),
    "consent_purpose_known": once(consent, purpose="x"),
    "consent_once_in_force": twice(consent),
    "consent_withdrawn_after_given": once(consent, withdrawn_at=NOON - HOUR),
    "consent_guardian_is_named": once(consent, basis="guardian_consent"),
    "wish_once_a_way": twice(wish),
    "wish_way_known": once(wish, channel="pigeon"),
    "column_map_kind_known": once(column_map, kind="weather"),
    "column_map_pattern_once": twice(column_map, pattern="a_*.csv"),
    "file_load_kind_known": once(file_load, kind="", state="done"),
    "file_load_state_known": once(file_load, state="lost"),
    "file_load_undone_by_somebody": once(file_load, state="undone"),
    "replaced_once": twice(replaced),
    "segment_once": twice(segment),
    "candidate_rule_known": once(candidate_rule, code="moon"),
    "candidate_rule_has_a_threshold": once(candidate_rule, threshold=0),
    "candidate_rule_has_its_days": once(candidate_rule, days=None),
    "candidate_rule_suggests": once(candidate_rule, suggests="rich"),
    "candidate_once_open": twice(candidate),
    "candidate_settled_by_somebody": once(candidate, state="taken"),
    "candidate_dismissed_with_a_reason": once(settled, state="dismissed"),
    "candidate_taken_into_a_record": once(settled, state="taken"),
    "scorecard_one_in_force": once(card, state="published"),
    "scorecard_grades_fall": once(card, core_from=60, regular_from=60),
    "scorecard_watch_comes_first": once(card, watch_after=4, downgrade_after=3),
    "dimension_once": twice(dimension),
    "dimension_weight_is_a_percentage": once(dimension, weight=101),
    "indicator_source_once": twice(indicator),
    "band_not_reversed": once(band, low=10, high=10),
    "band_points_plausible": once(band, points=-1),
    "tier_code_once": lambda w: [tier(w), tier(w, minimum=10_000_000)],
    "tier_minimum_once": lambda w: [tier(w), tier(w, code="T8")],
    "tier_minimum_not_negative": once(tier, minimum=-1),
    "run_once_a_month": lambda w: [run(w), run(w, kind="formal")],
    "run_month_is_its_first_day": once(run, month=DAY),
    "run_part_once": twice(part),
    "run_part_signed_has_a_name": once(part, state="signed", signed_at=NOON),
    "override_ends_after_it_starts": once(override, expires_on=DAY),
    "override_sets_something": once(override, tier=""),
    "override_two_persons": lambda w: override(w, state="approved", settled_by=w.wealth),
    "override_one_question": twice(override),
    "downgrade_read_once": twice(read_downgrade),
    "notice_never_twice": lambda w: Notice.objects.create(recipient=w.wealth, kind="x", text="x", key="k"),
    "delivery_once_a_channel": twice(delivery),
    "delivery_state_known": once(delivery, state="lost"),
    "delivery_sent_has_a_time": once(delivery, state="sent"),
    "access_chain_position": twice(event, seq=1, hash="a" * 64),
    "access_chained_wholly": once(event, seq=1),
    "workdays_year_plausible": lambda w: CalendarYear.objects.create(year=1999),
    "workdays_official_has_notice": lambda w: CalendarYear.objects.create(year=2090, state="official"),
    "workdays_day_in_its_year": lambda w: CalendarDay.objects.create(
        date=datetime.date(2025, 3, 4), year_id=2026, kind="off"
    ),
    "workdays_only_weekends_made_up": lambda w: CalendarDay.objects.create(
        date=datetime.date(2026, 3, 4), year_id=2026, kind="work"
    ),
    "workdays_rule_opens_before_it_closes": lambda w: OpeningRule.objects.create(
        branch=w.branch, open_at="17:00", close_at="09:00"
    ),
    "workdays_rule_weekdays_known": lambda w: OpeningRule.objects.create(branch=w.branch, weekdays=[8]),
    "workdays_one_exception_a_day": lambda w: [
        OpeningDay.objects.create(branch=w.branch, date=DAY) for _n in "ab"
    ],
    "workdays_day_opens_before_it_closes": lambda w: OpeningDay.objects.create(
        branch=w.branch, date=DAY, open_at="17:00", close_at="09:00"
    ),
    "workdays_branch_day_once": lambda w: another_day(w, date=DAY, ended_at=NOON),
    "workdays_one_open_day": once(another_day),
    "workdays_day_ends_after_it_opened": once(another_day, ended_at=NOON - HOUR),
    "workdays_closed_day_has_ended": lambda w: BranchDay.objects.update(closed_at=NOON),
    "workdays_one_stamp": lambda w: CalendarStamp.objects.create(id=2, version=f"{2:032x}"),
    "duty_gap_minutes_plausible": lambda w: DutyRule.objects.create(branch=w.branch, gap_minutes=0),
    "duty_one_open_shift": twice(shift),
    "duty_ends_after_it_begins": once(shift, ended_at=NOON - HOUR, ended_how="left"),
    "duty_end_says_how": once(shift, ended_at=NOON),
    "duty_handed_to_a_name": once(shift, ended_at=NOON, ended_how="handed_over"),
    "duty_offer_is_open": lambda w: shift(w, offered_to=w.wealth),
    "duty_gap_told_once": lambda w: [DutyGap.objects.create(branch=w.branch, began_at=NOON) for _n in "ab"],
    "crowd_call_one_open": twice(crowd),
    "crowd_call_answer_whole": once(crowd, answered_at=NOON),
    "crowd_call_answered_after": lambda w: crowd(
        w, answered_at=NOON - HOUR, answered_by=w.wealth, answer="sending"
    ),
    "offline_sent_after_filed": lambda w: OfflineArrival.objects.create(
        referral=slip(w), device_at=NOON, device_sent_at=NOON - HOUR
    ),
    "offline_discard_of_something": lambda w: OfflineDiscard.objects.create(by=w.lobby, count=0),
    "board_device_token_once": twice(screen, token_hash="a" * 64, paired_at=NOON),
    "board_device_pairing_once": twice(screen, pairing_hash="a" * 64),
    "board_device_token_by_pairing": once(screen, token_hash="a" * 64),
    "user_duty_has_a_day": lambda w: User.objects.filter(pk=w.wealth.pk).update(duty_branch=w.branch),
    "user_availability_known": lambda w: User.objects.filter(pk=w.wealth.pk).update(availability="asleep"),
    "holding_ends_after_it_begins": once(holding, valid_to=DAY - datetime.timedelta(days=1)),
    "holding_once_open": twice(holding),
    "holding_not_self_reviewed": lambda w: holding(w, reviewed_by=w.wealth),
    "holding_not_self_granted": lambda w: holding(w, granted_by=w.wealth),
    "sitting_once_per_device": lambda w: [
        Sitting.objects.create(user=w.wealth, device="desk", session_key=key) for key in "ab"
    ],
    "doors_one_answer_per_key": lambda w: [
        IdempotencyKey.objects.create(user=w.wealth, key="k", body_hash=digest, created_at=Now())
        for digest in "ab"
    ],
    **complaint_rows.IMPOSSIBLE,
    **closure_rows.IMPOSSIBLE,
}


def constraints():
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.split(".")[0] in OURS:
            yield from model._meta.constraints


def test_every_constraint_has_an_impossible_row():
    assert {constraint.name for constraint in constraints()} == set(IMPOSSIBLE)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_the_impossible_row_is_refused(world, name):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        IMPOSSIBLE[name](world)
    assert caught.value.__cause__.diag.constraint_name == name


def test_what_may_repeat_repeats(world):
    """The conditions of the unique constraints: closed things do not stand in the way of new ones."""
    record(world, status="abandoned", closed_at=timezone.now())
    record(world)
    person(world)
    person(world)
    first = meeting(world)
    Appointment.objects.filter(pk=first.pk).update(state="cancelled")
    meeting(world)
    meeting(world, NOON + HOUR, NOON + 2 * HOUR)  # half-open: one begins as the other ends
    holding(world, valid_to=DAY)
    holding(world)
    consent(world, withdrawn_at=NOON + HOUR)
    consent(world)
    day_to_remember(world, month=2, day=30, lunar=True)
    day_to_remember(world, kind="other", month=2, day=30, lunar=True)
    AccessEvent.objects.create(at=NOON, branch=world.branch, kind="view")
    AccessEvent.objects.create(at=NOON, branch=world.branch, kind="view")
    hold(world, source_key="complaint:1", released_at=NOON)
    hold(world, source_key="complaint:1")
    hold(world)
    hold(world)
    loan(world, state="refused")
    loan(world)
    right(world, state="dropped")
    right(world)
    listed(world, state="stopped", stop="hold")
    listed(world, batch=destruction(world))


def test_a_list_and_its_certificate_cannot_be_deleted_or_changed(world):
    batch = destruction(
        world, state="done", **signed(world), carried_by=world.lobby, witness=world.wealth, done_at=NOON
    )
    listed(world, batch=batch)
    for forbidden in (
        lambda: Destruction.objects.filter(pk=batch.pk).update(reason="y"),
        lambda: DestructionItem.objects.all().delete(),
        lambda: Destruction.objects.filter(pk=batch.pk).delete(),
    ):
        with pytest.raises(Exception, match="Cannot"), transaction.atomic():
            forbidden()
