"""First identification: whom each rule names, who is left out, taking and dismissing, once whoever comes second."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from clients.models import Client, Holding, MonthlyBalance, Product, Profile, Verdict
from followups import candidate_stats, tasks
from followups.actions import candidates as actions
from followups.candidate_rules import DEFAULTS, RuleCode
from followups.models import Candidate, CandidateRule, FollowUp, PlanItem
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 10, 8)
SEPTEMBER, AUGUST = datetime.date(2026, 9, 1), datetime.date(2026, 8, 1)


@pytest.fixture
def products(db):
    kinds = ("deposit", "wealth", "payroll", "loan")
    made = {kind: Product.objects.create(code=f"Z{kind}", name=kind, category=kind) for kind in kinds}
    made["mortgage"] = Product.objects.create(code="ZM", name="m", category="loan", is_mortgage=True)
    return made


@pytest.fixture
def put(branches, products):
    """A function that puts a client on record: put("王", balance=…, holds=[("deposit", amount, due)], …)."""

    def make(
        name, branch="first", *, balance=None, before=None, deposits=None, holds=(), elsewhere=None, **fields
    ):
        client = Client.objects.create(name=name, branch=branches[branch], **fields)
        if balance is not None:
            MonthlyBalance.objects.create(client=client, month=SEPTEMBER, amount=balance, deposits=deposits)
        if before is not None:
            MonthlyBalance.objects.create(client=client, month=AUGUST, amount=before)
        for number, (kind, amount, *due) in enumerate(holds):
            Holding.objects.create(
                client=client,
                product=products[kind],
                contract_no=f"{client.pk}-{number}",
                amount=amount,
                opened_on=datetime.date(2025, 1, 1),
                matures_on=due[0] if due else None,
            )
        if elsewhere is not None:
            Profile.objects.create(client=client, other_bank_assets=elsewhere)
        return client

    return make


def soon(days):
    return TODAY + datetime.timedelta(days)


def named(branches):
    actions.find(branches["first"].pk, today=TODAY)
    rows = Candidate.objects.open().select_related("client").order_by("client__name")
    return {row.client.name: row.rules for row in rows}


def test_the_house_ships_every_rule_with_its_figures(db):
    rows = {row.code: (row.threshold, row.days, row.suggests) for row in CandidateRule.objects.all()}
    assert rows == DEFAULTS
    assert set(DEFAULTS) == set(RuleCode)


def test_each_rule_names_exactly_whom_it_should(put, branches, wealth):
    fund = ("wealth", 1)
    put("大额", balance=200_000, holds=[fund])
    put("差一元", balance=199_999, holds=[fund])
    put("有主", balance=900_000, holds=[fund], owner=wealth)
    put("流入", balance=150_000, before=50_000, holds=[fund], owner=wealth)
    put("流入不足", balance=149_999, before=50_000, holds=[fund], owner=wealth)
    put("到期", holds=[("deposit", 30_000, soon(5)), ("deposit", 20_000, soon(30))], owner=wealth)
    put("到期晚", holds=[("deposit", 90_000, soon(31))], owner=wealth)
    put("已过期", holds=[("deposit", 90_000, soon(-1))], owner=wealth)
    put("存款", balance=120_000, deposits=100_000, owner=wealth)
    put("存款少", balance=120_000, deposits=99_999, owner=wealth)
    put("代发", balance=50_000, holds=[("payroll", 0)], owner=wealth)
    put("按揭", holds=[("mortgage", 500_000)], owner=wealth)
    put("按揭有理财", holds=[("mortgage", 900_000), fund], owner=wealth)
    put("他行", balance=10_000, elsewhere=200_000, owner=wealth)
    put("多条", balance=400_000, before=100_000, elsewhere=500_000)
    put("外网点", "second", balance=900_000)
    assert named(branches) == {
        "大额": ["unmanaged"],
        "流入": ["inflow"],
        "到期": ["maturing"],
        "存款": ["deposit_only"],
        "代发": ["payroll"],
        "按揭": ["mortgage"],
        "他行": ["elsewhere"],
        "多条": ["unmanaged", "inflow", "deposit_only", "elsewhere"],
    }
    row = Candidate.objects.get(client__name="多条")
    assert (row.suggests, row.amount) == ("premium", 500_000)
    assert row.figures == {
        "unmanaged": 400000.00,
        "inflow": 300000.00,
        "deposit_only": 400000.00,
        "elsewhere": 500000.00,
    }
    assert Candidate.objects.get(client__name="到期").amount == 50_000


def test_who_is_known_worked_judged_or_wants_peace_is_left_out(put, branches, wealth):
    put("已是优质", balance=900_000, type="existing_premium")
    put("潜质", balance=900_000, type="existing_potential")
    put("勿扰", balance=900_000, do_not_contact=True)
    put("勿评", balance=900_000, no_profiling=True)
    followed = put("跟进中", balance=900_000)
    FollowUp.objects.create(client=followed, branch=branches["first"], manager=wealth)
    judged, long_ago = (
        put("刚判普通", balance=900_000, type="ordinary"),
        put("早判普通", balance=900_000, type="ordinary"),
    )
    for client, days in ((judged, 10), (long_ago, 91)):
        Verdict.objects.create(
            client=client, type="ordinary", type_before="unjudged", branch=branches["first"], by=wealth,
            at=clock.now() - datetime.timedelta(days=days),
        )  # fmt: skip
    folded = put("并入", balance=900_000)
    Client.objects.filter(pk=folded.pk).update(merged_into=long_ago)
    assert list(named(branches)) == ["早判普通"]


def test_a_second_night_changes_figures_and_drops_who_is_named_no_more(put, branches):
    stays, goes = put("留", balance=300_000), put("走", balance=300_000)
    assert set(named(branches)) == {"留", "走"}
    first = dict(Candidate.objects.values_list("client", "pk"))
    MonthlyBalance.objects.filter(client=stays).update(amount=400_000)
    MonthlyBalance.objects.filter(client=goes).update(amount=1)
    assert actions.find(branches["first"].pk, today=TODAY) == 1
    assert actions.find(branches["first"].pk, today=soon(1)) == 1
    row = Candidate.objects.get(client=stays)
    assert (row.pk, row.amount, row.found_on, row.seen_on) == (first[stays.pk], 400_000, TODAY, soon(1))
    assert Candidate.objects.get(client=goes).state == "gone"
    MonthlyBalance.objects.filter(client=goes).update(amount=300_000)
    actions.find(branches["first"].pk, today=soon(2))
    assert Candidate.objects.filter(client=goes).count() == 2


def test_the_bank_switches_rules_off_and_changes_their_figures(put, branches):
    put("王", balance=300_000, holds=[("wealth", 1)])
    CandidateRule.objects.filter(code="unmanaged").update(threshold=300_001)
    assert named(branches) == {}
    CandidateRule.objects.filter(code="unmanaged").update(threshold=300_000)
    assert named(branches) == {"王": ["unmanaged"]}
    CandidateRule.objects.update(active=False)
    actions.find(branches["first"].pk, today=soon(1))
    assert not Candidate.objects.open().exists()


def test_a_branch_costs_the_same_statements_however_many_clients(put, branches, django_assert_num_queries):
    for _n in range(15):
        put("王", balance=300_000)
    with django_assert_num_queries(7):  # rules, month, savepoints, lock, two statements
        assert actions.find(branches["first"].pk, today=TODAY) == 15


# -- taking and dismissing -----------------------------------------------------------------------------


@pytest.fixture
def pool(put, branches):
    put("王", balance=300_000)
    actions.find(branches["first"].pk, today=TODAY)
    return Candidate.objects.get()


def test_taking_opens_the_record_and_plans_the_first_contact(pool, wealth):
    row = actions.take(pool.pk, by=wealth)
    assert (row.state, row.record.manager, row.record.client) == ("taken", wealth, pool.client)
    item = PlanItem.objects.get(record=row.record)
    assert (item.owner == wealth and "balance" in item.purpose) or "存款" in item.purpose
    with pytest.raises(Conflict):
        actions.take(pool.pk, by=wealth)
    with pytest.raises(Conflict):
        actions.dismiss(pool.pk, by=wealth, reason="x")
    FollowUp.objects.update(status="abandoned", closed_at=clock.now())
    assert actions.find(pool.branch_id, today=clock.today()) == 0


def test_a_dismissed_client_rests_for_the_set_time(pool, wealth):
    with pytest.raises(Refused):
        actions.dismiss(pool.pk, by=wealth, reason="  ")
    CandidateRule.objects.filter(code="unmanaged").update(rest_days=30)
    CandidateRule.objects.filter(code="deposit_only").update(rest_days=10)
    row = actions.dismiss(pool.pk, by=wealth, reason="过路资金")
    last = clock.today() + datetime.timedelta(30)
    assert row.rests_until == last
    assert actions.find(pool.branch_id, today=last) == 0
    assert actions.find(pool.branch_id, today=last + datetime.timedelta(1)) == 1


def test_whoever_may_not_is_refused(
    pool, put, branches, wealth, colleague, other_wealth, supervisor, marketing
):
    put("李", balance=300_000, before=1, owner=wealth)
    actions.find(branches["first"].pk, today=TODAY)
    own = Candidate.objects.get(client__name="李")
    for user in (other_wealth, colleague):
        with pytest.raises(Candidate.DoesNotExist):
            actions.take(own.pk, by=user)
    with pytest.raises(Candidate.DoesNotExist):
        actions.take(pool.pk, by=other_wealth)
    for user in (supervisor,):
        with pytest.raises(PermissionDenied):
            actions.take(pool.pk, by=user)
    with pytest.raises(Candidate.DoesNotExist):
        actions.take(pool.pk, by=marketing)


def test_a_client_followed_by_a_colleague_or_in_peace_is_not_taken(pool, wealth, colleague):
    record = FollowUp.objects.create(client=pool.client, branch=pool.branch, manager=colleague)
    with pytest.raises(Conflict, match=colleague.name):
        actions.take(pool.pk, by=wealth)
    record.delete()
    Client.objects.update(do_not_contact=True)
    with pytest.raises(Refused, match="contacted|联系|联络"):
        actions.take(pool.pk, by=wealth)


@pytest.mark.django_db(transaction=True)
def test_two_managers_at_once_get_one_client_once(pool, wealth, colleague):
    from tests.race import together

    outcomes = together(
        lambda: actions.take(pool.pk, by=wealth).state, lambda: actions.take(pool.pk, by=colleague).state
    )
    assert sorted(name for name, _text in outcomes) == ["Conflict", "done"]
    assert FollowUp.objects.count() == PlanItem.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_find_the_same(put, branches):
    from tests.race import together

    for number in range(20):
        put(f"王{number}", balance=300_000)
    first = branches["first"].pk
    together(lambda: actions.find(first, today=TODAY), lambda: actions.find(first, today=TODAY))
    assert Candidate.objects.open().count() == Candidate.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_the_night_looks_at_every_branch(put, branches, celery_worker_process, eventually):
    month = (clock.today().replace(day=1) - datetime.timedelta(1)).replace(day=1)
    for place in ("first", "second"):
        put("王", place)
    for client in Client.objects.all():
        MonthlyBalance.objects.create(client=client, month=month, amount=300_000)
    tasks.find_candidates.delay()
    eventually(lambda: Candidate.objects.open().count() == 2, 20)


# -- the page and the API --------------------------------------------------------------------------------


@pytest.fixture
def open_page(client):
    def get(user, address="", **options):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client.get(reverse("followups:candidates") + address, **options)

    return get


def test_the_list_shows_amounts_to_the_manager_and_bands_to_others(
    put, branches, open_page, wealth, supervisor
):
    put("陈美华", balance=325_000, before=1, owner=wealth)
    actions.find(branches["first"].pk, today=TODAY)
    page = open_page(wealth).content.decode()
    assert "陈美华" in page and "32.5" in page and "Large inflow" in page
    page = open_page(supervisor).content.decode()
    assert "陈美华" not in page and "32.5" not in page and "20-50" in page
    assert wealth.name in page and "Follow up" not in page


def test_filters_stand_in_the_address(put, branches, open_page, wealth):
    put("王五", balance=300_000)
    put("李四", balance=300_000, before=1, owner=wealth)
    actions.find(branches["first"].pk, today=TODAY)
    assert b"\xe6\x9d\x8e" in open_page(wealth, "?whose=mine").content
    assert "王" not in open_page(wealth, "?whose=mine&rule=inflow").content.decode().split("<tbody")[1]
    assert "李" not in open_page(wealth, "?whose=pool").content.decode().split("<tbody")[1]
    assert "Nothing matches" in open_page(wealth, "?rule=mortgage").content.decode()
    for strange in ("?rule=x&whose=y&sort=z", "?page=99", "?page=x"):
        assert open_page(wealth, strange).status_code == 200


def test_a_manager_takes_and_dismisses_on_the_page(put, branches, client, wealth):
    put("王五", balance=300_000)
    put("李四", balance=300_000)
    actions.find(branches["first"].pk, today=TODAY)
    one, other = Candidate.objects.order_by("pk")
    client.force_login(wealth)
    taken = client.post(reverse("followups:candidate_take", args=[one.pk]))
    one.refresh_from_db()
    assert taken.headers["Location"] == reverse("followups:record_sheet", args=[one.record_id])
    address = reverse("followups:candidate_dismiss", args=[other.pk])
    assert client.post(address, {"note": ""}).status_code == 422
    assert client.post(address, {"note": "已流失"}).status_code == 303
    other.refresh_from_db()
    assert (other.state, other.reason, other.settled_by) == ("dismissed", "已流失", wealth)


def test_counts_are_by_rule_and_by_manager(put, branches, wealth, supervisor, other_wealth):
    put("王五", balance=300_000, before=1)
    put("李四", balance=300_000, before=1, owner=wealth)
    put("外", "second", balance=300_000, owner=other_wealth)
    for place in ("first", "second"):
        actions.find(branches[place].pk, today=TODAY)
    rows = Candidate.objects.visible_to(supervisor).open()
    assert candidate_stats.by_rule(rows) == {"unmanaged": 1, "inflow": 2, "deposit_only": 2}
    actions.take(Candidate.objects.get(client__name="李四").pk, by=wealth)
    found = candidate_stats.by_manager(supervisor, clock.today())
    assert [(row["name"], row["open"], row["taken"]) for row in found] == [(wealth.name, 0, 1), (None, 1, 0)]


def test_one_or_fifteen_rows_cost_the_same_queries(
    put, branches, open_page, supervisor, django_assert_max_num_queries
):
    counts = []
    for n in (1, 14):
        for _k in range(n):
            put("王五", balance=300_000)
        actions.find(branches["first"].pk, today=TODAY)
        open_page(supervisor)
        with django_assert_max_num_queries(30) as seen:
            open_page(supervisor)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_api_lists_takes_and_dismisses(put, branches, client, wealth, supervisor, teller):
    put("王五", balance=300_000)
    put("李四", balance=300_000)
    actions.find(branches["first"].pk, today=TODAY)
    one, other = Candidate.objects.order_by("pk").values_list("pk", flat=True)
    client.force_login(wealth)
    listed = client.get("/api/v1/candidates/").json()
    assert listed["count"] == 2 and listed["results"][0]["amount"] is None
    assert client.post(f"/api/v1/candidates/{one}/take/").json()["state"] == "taken"
    assert client.post(f"/api/v1/candidates/{one}/take/").status_code == 409
    assert (
        client.post(f"/api/v1/candidates/{other}/dismiss/", {}, content_type="application/json").status_code
        == 400
    )
    body = {"reason": "过路资金"}
    answer = client.post(f"/api/v1/candidates/{other}/dismiss/", body, content_type="application/json")
    assert answer.json()["state"] == "dismissed"
    assert client.get("/api/v1/candidates/").json()["count"] == 0
    client.force_login(supervisor)
    assert client.get("/api/v1/candidates/?state=taken").json()["count"] == 1
    client.force_login(teller)
    assert client.get("/api/v1/candidates/").status_code == 403
