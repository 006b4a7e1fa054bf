"""Each field and operator against clients of whom one can say by hand whether they fit."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.actions.segments import save_segment
from clients.models import Client, Profile
from clients.segments import matching, segment_clients
from clients.segments.fields import FIELDS
from rmflow.workflow import Refused

from .conftest import TODAY

pytestmark = pytest.mark.django_db
#: (field, operator, values, who fits): c chen, w wang, b blank.
CASES = [
    ("type", "any_of", ["existing_premium", "ordinary"], "cw"),
    ("type", "none_of", ["ordinary"], "cb"),
    ("type", "known", [], "cwb"),
    ("type", "unknown", [], ""),
    ("level", "any_of", ["core"], "c"),
    ("tier", "any_of", ["T4"], "c"),
    ("tier", "none_of", ["T4"], "wb"),
    ("tier", "known", [], "c"),
    ("tier", "unknown", [], "wb"),
    ("tier_since", "since", ["2026-07-01"], "c"),
    ("tier_since", "since", ["2026-07-02"], ""),
    ("tier_since", "until", ["2026-07-01"], "c"),
    ("tier_since", "until", ["2026-06-30"], ""),
    ("tier_since", "during", ["2026-06-01", "2026-07-01"], "c"),
    ("tier_since", "last_days", ["99"], "c"),
    ("tier_since", "last_days", ["98"], ""),
    ("tier_since", "older_days", ["98"], "c"),
    ("tier_since", "older_days", ["99"], ""),
    ("tier_since", "next_days", ["10"], ""),
    ("tier_since", "known", [], "c"),
    ("watch_since", "known", [], "c"),
    ("watch_since", "unknown", [], "wb"),
    ("score", "at_least", ["41"], "c"),
    ("score", "at_most", ["80"], "cw"),
    ("score", "between", ["40", "79"], "w"),
    ("score", "unknown", [], "b"),
    ("short", "at_most", ["2"], "c"),
    ("short", "at_least", ["3"], ""),
    ("archived", "yes", [], "c"),
    ("archived", "no", [], "wb"),
    ("salutation", "any_of", ["madam"], "c"),
    ("age", "at_least", ["60"], "c"),
    ("age", "at_least", ["61"], ""),
    ("age", "at_most", ["60"], "cw"),
    ("age", "at_most", ["59"], "w"),
    ("age", "between", ["36", "36"], "w"),
    ("age", "unknown", [], "b"),
    ("birth_month", "any_of", ["3"], "w"),
    ("birth_month", "none_of", ["3"], "cb"),
    ("occupation", "contains", ["企业"], "c"),
    ("occupation", "contains", ["%"], ""),
    ("occupation", "unknown", [], "wb"),
    ("job_class", "any_of", ["leader"], "c"),
    ("job_class", "none_of", ["leader"], "wb"),
    ("job_class", "unknown", [], "wb"),
    ("employer", "contains", ["鑫源"], "c"),
    ("social_role", "yes", [], "c"),
    ("social_role", "no", [], "wb"),
    ("education", "contains", ["本"], "c"),
    ("marital_status", "contains", ["已婚"], "c"),
    ("family_income", "at_least", ["50"], "c"),
    ("family_income", "at_most", ["49"], "w"),
    ("family_income", "unknown", [], "b"),
    ("hobbies", "any_of", ["travel", "tea"], "cw"),
    ("hobbies", "all_of", ["travel", "tea"], "c"),
    ("hobbies", "none_of", ["travel"], "wb"),
    ("hobbies", "known", [], "cw"),
    ("hobbies", "unknown", [], "b"),
    ("district", "contains", ["云岩"], "c"),
    ("relation", "any_of", ["child"], "c"),
    ("relation", "none_of", ["child"], "wb"),
    ("household", "yes", [], "c"),
    ("introduced", "yes", [], "c"),
    ("activity", "any_of", ["low"], "w"),
    ("price_sensitivity", "any_of", ["low"], "c"),
    ("risk_tolerance", "any_of", ["C3", "C4"], "c"),
    ("risk_valid_until", "next_days", ["84"], "c"),
    ("risk_valid_until", "next_days", ["83"], ""),
    ("preferences", "any_of", ["fund"], "c"),
    ("habits", "any_of", ["counter"], "c"),
    ("experience", "any_of", ["long"], "c"),
    ("balance", "at_least", ["80"], "c"),
    ("balance", "at_least", ["81"], ""),
    ("balance", "at_most", ["-5"], "w"),
    ("balance", "unknown", [], "b"),
    ("point_amount", "between", ["81", "81"], "c"),
    ("deposits", "at_most", ["30"], "c"),
    ("gained", "at_least", ["30"], "c"),
    ("gained", "at_least", ["31"], ""),
    ("gained", "unknown", [], "wb"),
    ("held", "any_of", ["fund", "deposit"], "cw"),
    ("held", "all_of", ["fund", "deposit"], "c"),
    ("held", "none_of", ["fund"], "wb"),
    ("held_risk", "any_of", ["R3"], "c"),
    ("kinds_held", "at_least", ["3"], "c"),
    ("kinds_held", "at_most", ["1"], "wb"),
    ("kinds_held", "between", ["1", "2"], "w"),
    ("kinds_held", "at_least", ["0"], "cwb"),
    ("kinds_held", "known", [], "cw"),
    ("kinds_held", "unknown", [], "b"),
    ("matures", "next_days", ["12"], "c"),
    ("matures", "next_days", ["53"], "cw"),
    ("matures", "last_days", ["30"], ""),
    ("opened", "last_days", ["7"], "c"),
    ("overdue", "yes", [], "c"),
    ("overdue", "no", [], "wb"),
    ("other_bank_assets", "at_least", ["100"], "c"),
    ("cares_most", "all_of", ["returns", "safety"], "c"),
    ("cares_least", "any_of", ["salons"], "c"),
    ("contact_channel", "any_of", ["phone"], "c"),
    ("contact_hours", "any_of", ["morning"], "c"),
    ("wants", "contains", ["留学"], "c"),
    ("refuses", "any_of", ["sms"], "c"),
    ("owner", "any_of", ["me"], "c"),
    ("owner", "any_of", ["nobody"], "w"),
    ("owner", "none_of", ["me", "nobody"], "b"),
    ("last_contact", "last_days", ["7"], "c"),
    ("last_contact", "older_days", ["90"], "wb"),
    ("last_contact", "unknown", [], "b"),
    ("do_not_contact", "yes", [], "w"),
    ("do_not_contact", "no", [], "cb"),
    ("phone", "yes", [], "c"),
    ("phone", "no", [], "wb"),
    ("created", "last_days", ["30"], "w"),
    ("created", "older_days", ["365"], "c"),
    ("life_event", "any_of", ["house"], "c"),
    ("life_event", "any_of", ["birth"], ""),
    ("important_date", "any_of", ["wedding"], "c"),
    ("consent", "any_of", ["marketing"], "c"),
    ("consent", "none_of", ["marketing"], "wb"),
]


def group(*rows, match="all"):
    return {"match": match, "conditions": [{"field": f, "op": o, "values": list(v)} for f, o, v in rows]}


def who(cast, definition, user, **kwargs):
    found = set(matching(definition, user, today=TODAY, **kwargs).values_list("pk", flat=True))
    return "".join(name[0] for name in ("chen", "wang", "blank", "far") if getattr(cast, name).pk in found)


def test_every_field_has_a_case():
    assert {field for field, _op, _values, _who in CASES} == set(FIELDS)


def test_each_condition_finds_exactly_whom_it_should(cast, wealth):
    wrong = []
    for field, op, values, expected in CASES:
        found = who(cast, {"groups": [group((field, op, values))]}, wealth)
        if found != expected:
            wrong.append(f"{field} {op} {values}: {found!r}, not {expected!r}")
    assert not wrong, "\n".join(wrong)


def test_all_and_any_inside_and_between_groups(cast, wealth):
    low, tea, old = (
        ("activity", "any_of", ["low"]),
        ("hobbies", "any_of", ["tea"]),
        ("age", "at_least", ["60"]),
    )
    assert who(cast, {"groups": [group(low, tea)]}, wealth) == "w"
    assert who(cast, {"groups": [group(low, old, match="any")]}, wealth) == "cw"
    assert who(cast, {"groups": [group(tea), group(low, old, match="any")]}, wealth) == "cw"
    assert who(cast, {"match": "any", "groups": [group(low), group(old, tea)]}, wealth) == "cw"
    assert who(cast, {"match": "all", "groups": [group(low), group(old)]}, wealth) == ""
    bare = ("balance", "unknown", [])
    assert who(cast, {"match": "any", "groups": [group(bare), group(old)]}, wealth) == "cb"


def test_each_reader_sees_the_own_scope_only(cast, wealth, colleague, other_wealth):
    any_type = {"groups": [group(("type", "known", []))]}
    assert who(cast, any_type, wealth) == "cwb"
    assert who(cast, any_type, other_wealth) == "f"
    mine = {"groups": [group(("owner", "any_of", ["me"]))]}
    segment = save_segment(by=wealth, name="我的", conditions=mine, shared=True)
    assert [c.pk for c in segment_clients(segment, wealth)] == [cast.chen.pk]
    assert {c.pk for c in segment_clients(segment, colleague)} == {cast.blank.pk, cast.far.pk}


def test_an_archive_kept_to_its_managers_answers_nobody_else(cast, wealth, colleague, head):
    Profile.objects.filter(client=cast.chen).update(secrecy="managers")
    tea = {"groups": [group(("hobbies", "any_of", ["tea"]))]}
    assert (who(cast, tea, wealth), who(cast, tea, head)) == ("cw", "cw")
    assert who(cast, tea, colleague) == "wf"
    assert who(cast, {"groups": [group(("tier", "any_of", ["T4"]))]}, colleague) == "cf"


def test_scores_are_asked_by_those_who_may_see_them(cast, marketing):
    with pytest.raises(Refused):
        who(cast, {"groups": [group(("score", "at_least", ["1"]))]}, marketing)


def test_text_is_a_value_and_never_sql(cast, wealth):
    word = "'; DROP TABLE x; --"
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert who(cast, {"groups": [group(("wants", "contains", [word]))]}, wealth) == ""
    assert Client.objects.count() == 4
    assert len([q for q in queries if "clients_client" in q["sql"]]) == 1


def test_a_segment_is_one_query_whatever_it_asks(cast, wealth, django_assert_max_num_queries):
    rows = [(f, o, v) for f, o, v, _w in CASES if o not in ("unknown", "no")][::12][:10]
    with django_assert_max_num_queries(4):  # managers on offer, newest month, newest run, the clients
        list(matching({"groups": [group(*rows, match="any")]}, wealth, today=TODAY))


def test_the_newest_month_on_record_is_asked(cast, wealth):
    later = datetime.date(2027, 3, 8)
    rich = {"groups": [group(("balance", "at_least", ["80"]))]}
    assert matching(rich, wealth, today=later).count() == 1
