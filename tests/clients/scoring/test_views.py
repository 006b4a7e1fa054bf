"""The pages of tiers: preview, list, signature, explanation, editor, simulation, near list, manual settings."""

import datetime
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from clients.actions import evaluation, overrides, scorecards, signing, simulation
from clients.models import Client, Evaluation, EvaluationRun, Indicator, Override, Scorecard
from clients.scoring import draft as drafts
from clients.scoring.names import tier_names
from clients.scoring.rules import CardState, PartState
from followups.models import PlanItem
from rmflow.workflow import Conflict, Refused

from .conftest import OCTOBER

pytestmark = pytest.mark.django_db


@pytest.fixture
def base(person, wealth):
    """Up, down, watched, near, same; the manager's and nobody's; one of the other branch."""
    return {
        "up": person(60, tier="T2", owner=wealth),
        "down": person(45, 44, 42, tier="T3", owner=wealth),
        "watch": person(60, 45, tier="T3"),
        "near": person(46, 47, 48, "48.8", tier="T2", owner=wealth),
        "same": person(30, tier="T2"),
        "other": person(60, tier="T2", branch="second"),
    }


def read(client, user, url):
    client.force_login(user)
    answer = client.get(url, headers={"accept-language": "en"})
    assert answer.status_code == 200, url
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_preview_shows_who_moves_and_why(client, base, october, head):
    october()
    page = client
    page.force_login(head)
    answer = page.get("/tiers/")
    assert [tile["figure"] for tile in answer.context["tiles"]][:4] == ["1", "1", "1", "2"]
    assert answer.context["matrix"]["total"] == 5  # not the other branch
    assert answer.context["reasons"][0]["total"] == 1
    managers = answer.context["managers"]
    assert [line["clients"] for line in managers["lines"]] == [3, 2]
    assert managers["total"]["clients"] == 5
    assert [flow["count"] for flow in answer.context["flows"]] == [1, 1]


def test_every_figure_opens_its_rows(client, base, october, head):
    october()
    client.force_login(head)
    for which, who in {"up": "up", "down": "down", "watch": "watch", "near": "near"}.items():
        lines = client.get(f"/tiers/?list={which}").context["lines"]
        assert [line["pk"] for line in lines] == [base[who].pk]
    cell = client.get("/tiers/?from=T2&to=T3").context["lines"]
    assert [line["pk"] for line in cell] == [base["up"].pk]
    nobody = client.get("/tiers/?owner=none&list=watch").context["lines"]
    assert [line["pk"] for line in nobody] == [base["watch"].pk]


def test_a_setting_approved_after_the_run_is_said_before_the_signature(
    client, base, october, head, supervisor
):
    october()
    down = base["down"]
    until = datetime.date(2027, 1, 31)
    row = overrides.ask(down.pk, by=head, tier=down.tier, reason="凭证已核", expires_on=until)
    overrides.approve(row.pk, by=supervisor, why="属实")
    assert "set by hand until 2027-01-31, stays" in read(client, head, "/tiers/?list=down")
    page = read(client, head, f"/tiers/client/{down.pk}/")
    assert f"{tier_names()[down.tier]} · 凭证已核" in page


def test_the_page_costs_the_same_whatever_the_rows(
    client, person, base, october, head, django_assert_max_num_queries
):
    october()
    client.force_login(head)
    client.get("/tiers/?list=up")
    with django_assert_max_num_queries(30):
        client.get("/tiers/?list=up")


def test_signing_by_the_button_puts_it_into_effect(client, base, october, head):
    run = october()
    client.force_login(head)
    part = run.parts.get(branch=base["up"].branch)
    assert client.post(f"/tiers/parts/{part.pk}/sign/", {"note": "同意"}).status_code == 303
    part.refresh_from_db()
    assert (part.state, part.opinion) == (PartState.SIGNED, "同意")
    assert Client.objects.get(pk=base["up"].pk).tier == "T3"
    assert client.post(f"/tiers/parts/{part.pk}/sign/").status_code in (409, 422)


def test_the_region_signs_all_at_once(client, base, october, region_head):
    run = october()
    client.force_login(region_head)
    assert len(client.get("/tiers/").context["branches"]) == 2
    client.post(f"/tiers/runs/{run.pk}/sign/")
    assert set(run.parts.values_list("state", flat=True)) == {PartState.SIGNED}


def test_a_review_is_read_one_by_one_with_one_key(client, base, october, head):
    Scorecard.objects.in_force().update(formal_review=["10-31"])
    run = october()
    part = run.parts.get(branch=base["down"].branch)
    client.force_login(head)
    review = client.get("/tiers/").context["review"]
    assert review == base["down"].pk
    url = f"/tiers/client/{review}/?review={part.pk}"
    assert "review" in client.get(url).context
    answer = client.post(f"/tiers/parts/{part.pk}/read/{review}/")
    assert answer.headers["Location"].startswith("/tiers/?run=")
    assert client.get("/tiers/").context["may_sign"]


def test_a_client_is_explained_by_points_changes_and_what_would_lift(client, base, october, wealth):
    october()
    found = Evaluation.objects.get(client=base["near"])
    page = read(client, wealth, f"/tiers/client/{base['near'].pk}/")
    told = client.get(f"/tiers/client/{base['near'].pk}/").context["told"]
    assert told["total"] == found.total == 45  # 18 of 40: the other dimensions have no data
    assert told["tier"]["short"].startswith("1.2 ")
    assert [line.gain for line in told["lifts"]] == [20]
    assert len(told["unknown"]) == 8
    assert "1.2" in page


def test_what_changed_since_last_time_is_said(client, person, november, wealth, head):
    someone = person(30, 60, owner=wealth)
    september = evaluation.start(datetime.date(2026, 9, 1))
    evaluation.run_now(september)
    signing.sign_all(september.pk, by=head)
    evaluation.run_now(evaluation.start(OCTOBER))
    client.force_login(wealth)
    told = client.get(f"/tiers/client/{someone.pk}/").context["told"]
    assert len(told["changes"]) == 2  # the average, the total
    assert told["dimensions"][0]["lines"][0].change == "+8"
    assert [step["tier"] for step in client.get(f"/tiers/client/{someone.pk}/").context["path"]] == [
        "金卡",
        "白金",
    ]


def test_the_near_list_becomes_plans_once(client, base, october, wealth, head, supervisor):
    october()
    near = base["near"]
    client.force_login(wealth)
    lines = client.get("/followups/near/").context["lines"]
    assert [(line["short"], line["trend"], line["planned"]) for line in lines] == [("1.2", "+2.8", False)]
    client.post(f"/followups/near/{near.pk}/plan/")
    item = PlanItem.objects.get()
    assert (item.owner, item.client, item.plan_on) == (wealth, near, datetime.date(2026, 11, 2))
    assert client.post(f"/followups/near/{near.pk}/plan/").status_code in (409, 422)
    client.force_login(head)
    client.post("/followups/near/all/")
    assert PlanItem.objects.count() == 1
    assert client.get("/followups/near/").context["lines"][0]["planned"]
    client.force_login(supervisor)
    assert client.post(f"/followups/near/{near.pk}/plan/").status_code == 403


def test_the_head_puts_it_on_the_managers_plan(client, base, october, wealth, head):
    october()
    client.force_login(head)
    client.post("/followups/near/all/")
    assert PlanItem.objects.get().owner == wealth


# --- scorecards ---


def filled(card):
    """The editor's form as a browser would send it."""
    draft, body = drafts.of_card(card), {"do": "save"}
    for n, tier in enumerate(draft["tiers"]):
        body |= {f"t{n}-{key}": value for key, value in tier.items() if not isinstance(value, bool)}
        body |= {f"t{n}-{key}": "on" for key in ("premium", "core") if tier[key]}
    for n, d in enumerate(draft["dimensions"]):
        body |= {f"d{n}-name": d["name"], f"d{n}-weight": d["weight"]}
        body |= {f"d{n}-external": "on"} if d["external"] else {}
        for m, i in enumerate(d["indicators"]):
            body |= {f"d{n}i{m}-name": i["name"], f"d{n}i{m}-source": i["source"]}
            body |= {f"d{n}i{m}-supplement": "on"} if i["supplement"] else {}
            for k, b in enumerate(i["bands"]):
                body |= {f"d{n}i{m}b{k}-{key}": value for key, value in b.items()}
    for name in scorecards.OPTIONS:
        value = getattr(card, name)
        body[name] = ", ".join(value) if isinstance(value, list) else str(value)
    return body


@pytest.fixture
def admin(client, admin_user):
    client.force_login(admin_user)
    return client


@pytest.fixture
def copy(admin_user, november):
    return scorecards.copy(Scorecard.objects.in_force().get().pk, by=admin_user)


def test_a_copy_saved_unchanged_says_the_same(admin, copy):
    before = scorecards.content_of(Scorecard.objects.in_force().get())
    answer = admin.post(f"/tiers/cards/{copy.pk}/edit/", filled(copy))
    assert answer.status_code == 303, answer.content.decode()
    after = scorecards.content_of(Scorecard.objects.get(pk=copy.pk))
    assert after.dimensions == before.dimensions
    assert after.tiers == before.tiers


def test_a_seventh_indicator_added_in_the_editor_changes_scores_without_code(
    admin, copy, person, admin_user, october
):
    """Proof 8: from the editor's buttons to the scores of a run."""
    old = person(60, tier="T3", birth_date=datetime.date(1950, 1, 1))
    young = person(60, tier="T3", birth_date=datetime.date(2000, 1, 1))
    edit = f"/tiers/cards/{copy.pk}/edit/"
    asked = admin.post(edit, {**filled(copy), "do": "add-indicator", "to": "5", "source": "age"})
    assert asked.status_code == 200
    added = asked.context["draft"]["dimensions"][5]["indicators"][-1]
    assert added["source"] == "age"
    last = {
        "d5i2-name": "年龄",
        "d5i2-source": "age",
        "d5i2b0-low": "",
        "d5i2b0-high": "60",
        "d5i2b0-points": "2",
    }
    last |= {
        "d5i2b1-low": "60",
        "d5i2b1-high": "",
        "d5i2b1-points": "10",
        "d5i2b0-code": "",
        "d5i2b1-code": "",
    }
    assert admin.post(edit, {**filled(copy), **last}).status_code == 303
    assert Indicator.objects.filter(dimension__scorecard=copy).count() == 10
    admin.post(f"/tiers/cards/{copy.pk}/simulate/")
    assert admin.get(f"/tiers/cards/{copy.pk}/simulation/").context["picture"].total == 2
    assert not Evaluation.objects.exists()
    admin.post(f"/tiers/cards/{copy.pk}/publish/")
    copy.refresh_from_db()
    assert copy.state == CardState.PUBLISHED
    october()
    totals = dict(Evaluation.objects.values_list("client", "total"))
    assert totals == {old.pk: 72, young.pk: 56}  # (26 + 10) and (26 + 2) of 50; without it 65 each
    assert {len(points) for points in Evaluation.objects.values_list("points", flat=True)} == {10}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"d0i0b1-low": "6"}, "5"),
        ({"d0i0b1-low": "4"}, "4"),
        ({"d0i0b1-low": "11"}, "11"),
        ({"d0-weight": "39"}, "99"),
        ({"d0-weight": "much"}, "100"),
        ({"d0i0b1-points": "-1"}, "100"),
        ({"d0i0b1-low": "1e999"}, "1e999"),
        ({"t1-minimum": "0"}, ""),
        ({"t1-code": "Q"}, "T9"),
        ({"core_from": "50"}, ""),
        ({"watch_after": "9"}, ""),
        ({"formal_review": "13-45"}, ""),
        ({"d0i0-source": "religion"}, ""),
    ],
)
def test_what_cannot_be_scored_is_refused_and_what_was_typed_stays(admin, copy, change, words):
    answer = admin.post(f"/tiers/cards/{copy.pk}/edit/", {**filled(copy), **change})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    value = next(iter(change.values()))
    assert f'value="{value}"' in text
    assert scorecards.content_of(Scorecard.objects.get(pk=copy.pk)).dimensions[0].weight == 40


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("add-dimension", lambda d: len(d["dimensions"]) == 7),
        ("add-band-0-0", lambda d: len(d["dimensions"][0]["indicators"][0]["bands"]) == 9),
        ("drop-band-0-0-1", lambda d: len(d["dimensions"][0]["indicators"][0]["bands"]) == 7),
        ("drop-indicator-5-1", lambda d: len(d["dimensions"][5]["indicators"]) == 1),
        ("drop-dimension-5", lambda d: len(d["dimensions"]) == 5),
        ("add-tier", lambda d: len(d["tiers"]) == 7),
        ("drop-tier-0", lambda d: len(d["tiers"]) == 5),
        ("drop-band-9-9-9", lambda d: len(d["dimensions"]) == 6),
        ("drop-band", lambda d: len(d["dimensions"]) == 6),
        ("nonsense", lambda d: len(d["dimensions"]) == 6),
    ],
)
def test_the_buttons_add_and_drop_rows_without_saving(admin, copy, what, found):
    answer = admin.post(f"/tiers/cards/{copy.pk}/edit/", {**filled(copy), "do": what})
    assert answer.status_code == 200
    assert found(answer.context["draft"])
    assert Indicator.objects.filter(dimension__scorecard=copy).count() == 9


def test_the_version_in_force_is_never_changed(admin, admin_user, copy):
    card = Scorecard.objects.in_force().get()
    assert admin.get(f"/tiers/cards/{card.pk}/edit/").status_code == 422
    with pytest.raises(Conflict):
        scorecards.save(card.pk, scorecards.content_of(card), by=admin_user)
    with pytest.raises(Refused):
        scorecards.publish(copy.pk, by=admin_user)  # not simulated


def test_a_change_after_the_simulation_asks_for_another(admin, copy, admin_user, november):
    simulation.begin(copy.pk, by=admin_user)
    simulation.run(copy.pk, by=admin_user)
    copy.refresh_from_db()
    assert copy.state == CardState.SIMULATED
    november.shift(60)
    admin.post(f"/tiers/cards/{copy.pk}/edit/", filled(copy))
    copy.refresh_from_db()
    assert copy.state == CardState.DRAFT
    assert simulation.found(copy) is None


def test_an_edit_saved_while_the_simulation_runs_is_not_simulated(
    copy, admin_user, november, monkeypatch, person
):
    person(60, tier="T2")
    count = simulation.stats.simulate

    def slowly(card, **asked):
        found = count(card, **asked)
        november.shift(1)
        scorecards.save(card.pk, scorecards.content_of(card), by=admin_user)
        return found

    simulation.begin(copy.pk, by=admin_user)
    monkeypatch.setattr(simulation.stats, "simulate", slowly)
    simulation.run(copy.pk, by=admin_user)
    copy.refresh_from_db()
    assert copy.state == CardState.DRAFT
    with pytest.raises(Refused):
        scorecards.publish(copy.pk, by=admin_user)
    assert not simulation.is_running(copy)


def test_a_simulation_counts_what_the_run_then_finds_and_writes_nothing(
    admin, base, copy, admin_user, october
):
    simulation.begin(copy.pk, by=admin_user)
    before = Client.history.rel.related_model.objects.count()
    groups = simulation.run(copy.pk, by=admin_user)
    assert not Evaluation.objects.exists()
    assert not EvaluationRun.objects.exists()
    assert Client.history.rel.related_model.objects.count() == before
    run = october()
    key = ("branch", "owner", "before", "after", "move", "reason", "clients", "near")
    from clients.scoring import stats

    def told(found):
        return sorted(str([getattr(group, name) for name in key]) for group in found)

    assert told(groups) == told(stats.of_run(run))


def test_a_simulation_is_told_by_branch_and_manager(
    admin, base, copy, admin_user, wealth, head, client, branches, october
):
    simulation.begin(copy.pk, by=admin_user)
    simulation.run(copy.pk, by=admin_user)
    page, here = f"/tiers/cards/{copy.pk}/simulation/", branches["first"].pk
    whole = admin.get(page).context
    assert [(line["clients"], line["url"] != "") for line in whole["branches"]] == [(5, True), (1, True)]
    one = admin.get(f"{page}?branch={here}").context
    assert one["picture"].total == 5
    assert [(line["key"], line["clients"]) for line in one["managers"]["lines"]] == [
        (str(wealth.pk), 3), ("none", 2)
    ]  # fmt: skip
    mine = admin.get(f"{page}?branch={here}&owner={wealth.pk}").context
    assert (mine["picture"].total, mine["matrix"]["total"], mine["owner_name"]) == (3, 3, wealth.name)
    assert mine["managers"]["total"]["clients"] == 5  # the others stay in sight
    nobody = admin.get(f"{page}?branch={here}&owner=none").context
    assert nobody["picture"].total == 2
    assert admin.get(f"{page}?branch=x&owner=y").context["picture"].total == 6
    found = october()
    client.force_login(head)
    coming = client.get(f"/tiers/?run={found.pk}").context["managers"]
    assert [line["up"] for line in one["managers"]["lines"]] == [line["up"] for line in coming["lines"]]


def test_a_head_opens_the_managers_of_the_own_branch_only(client, base, copy, admin_user, head, branches):
    simulation.begin(copy.pk, by=admin_user)
    simulation.run(copy.pk, by=admin_user)
    client.force_login(head)
    page = f"/tiers/cards/{copy.pk}/simulation/"
    assert [bool(line["url"]) for line in client.get(page).context["branches"]] == [True, False]
    assert "managers" not in client.get(f"{page}?branch={branches['second'].pk}").context
    assert client.get(f"{page}?branch={branches['first'].pk}").context["picture"].total == 5


# --- by hand ---


def ask(who, client, **fields):
    usual = {"tier": "T3", "reason": "凭证已核", "expires_on": datetime.date(2027, 1, 31)}
    return overrides.ask(client.pk, by=who, **{**usual, **fields})


def test_a_setting_by_hand_is_approved_by_another_and_ends(base, wealth, head, supervisor, october):
    row = ask(wealth, base["near"])
    overrides.approve(row.pk, by=supervisor, why="同意")
    client = Client.objects.get(pk=base["near"].pk)
    assert (client.tier, client.tier_since) == ("T3", datetime.date(2026, 11, 1))
    october()
    found = Evaluation.objects.get(client=client)
    assert (found.tier, found.reason, found.move) == ("T3", "override", "stay")
    Evaluation.objects.all().delete()
    EvaluationRun.objects.all().delete()
    Override.objects.update(starts_on=datetime.date(2026, 5, 1), expires_on=datetime.date(2026, 10, 31))
    Override.objects.update(tier_set_on=datetime.date(2026, 5, 1))
    Client.objects.filter(pk=client.pk).update(tier_since=datetime.date(2026, 5, 1))
    october()
    found = Evaluation.objects.get(client=client)
    assert (found.tier, found.reason, found.move) == ("T2", "override_ended", "down")


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"tier": ""},
        {"tier": "T9"},
        {"expires_on": datetime.date(2026, 11, 1)},
        {"expires_on": datetime.date(2027, 5, 2)},
        {"type": "unjudged"},
        {"type": "ordinary", "level": "core"},
    ],
)
def test_a_setting_by_hand_needs_a_reason_a_tier_and_an_end_within_six_months(base, wealth, wrong):
    with pytest.raises(Refused):
        ask(wealth, base["near"], **wrong)


def test_nobody_approves_the_own_question_and_one_waits_at_a_time(base, wealth, supervisor, client, hire):
    from rmflow.staff.models import RoleHolding, User
    from rmflow.staff.permissions import Role

    row = ask(wealth, base["near"])
    with pytest.raises(Conflict):
        ask(wealth, base["near"])
    RoleHolding.objects.create(
        user=wealth, role=Role.SUPERVISOR, branch=wealth.home_branch, valid_from="2020-01-01"
    )
    with pytest.raises(Refused):
        overrides.approve(row.pk, by=User.objects.get(pk=wealth.pk))
    client.force_login(supervisor)
    assert len(client.get("/tiers/overrides/").context["waiting"]) == 1
    client.post(f"/tiers/overrides/{row.pk}/refuse/", {"note": "凭证不足"})
    row.refresh_from_db()
    assert row.state == Override.State.REFUSED
    with pytest.raises(Conflict):
        overrides.approve(row.pk, by=supervisor)


def test_the_form_asks_the_supervisor(client, base, wealth):
    client.force_login(wealth)
    url = reverse("tiers:override", args=[base["near"].pk])
    assert client.post(url, {"tier": "T3"}).status_code == 422
    body = {"tier": "T3", "reason": "凭证", "expires_on": "2027-01-31"}
    assert client.post(url, body).status_code == 303
    assert Override.objects.get().asked_by == wealth


def test_the_api_gives_points_in_scope(client, base, october, wealth, other_wealth):
    october()
    client.force_login(wealth)
    rows = client.get(f"/api/v1/evaluations/?client={base['near'].pk}").json()["results"]
    assert [(row["tier"], row["total"]) for row in rows] == [("T2", 45)]
    assert rows[0]["indicators"][0]["points"] == 18
    assert Decimal(rows[0]["short"]) == Decimal("12000.00")
    assert client.get("/api/v1/evaluations/").json()["count"] == 5
    client.force_login(other_wealth)
    assert client.get("/api/v1/evaluations/").json()["count"] == 1
    assert client.get(f"/api/v1/evaluations/?client={base['near'].pk}").json()["count"] == 0
