"""A branch's evaluation sent back and computed anew; its list as Excel; the picture of its flow (B-11)."""

import datetime
import io

import pytest
from openpyxl import load_workbook

from clients.actions import evaluation, recompute, signing
from clients.models import Client, DowngradeRead, Evaluation, MonthlyBalance, Profile, RunPart
from clients.scoring.explain import explain
from clients.scoring.flow import HEIGHT, flow_picture
from clients.scoring.leads import leads
from clients.scoring.rules import PartState, RunState
from clients.scoring.stats import Picture, of_run
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .test_views import base  # noqa: F401  the same clients

pytestmark = pytest.mark.django_db


@pytest.fixture
def part(base, october, head):  # noqa: F811
    return october().parts.get(branch=base["up"].branch)


def results(part):
    return Evaluation.objects.filter(run=part.run_id, branch=part.branch_id)


def test_sent_back_it_waits_and_is_computed_anew_on_corrected_data(base, part, head, admin_user):  # noqa: F811
    others = Evaluation.objects.exclude(branch=part.branch_id).count()
    DowngradeRead.objects.create(part=part, client=base["down"], by=head)
    back = recompute.send_back(part.pk, by=head, why="十月余额有误")
    assert (back.state, back.opinion, results(part).count()) == (PartState.BACK, "十月余额有误", 5)
    assert Notice.objects.filter(recipient=admin_user, kind="evaluation").count() == 1
    evaluation.run_now(back.run)  # no worker touches it
    signing.upgrade_due(today=clock.today() + datetime.timedelta(days=30))
    assert RunPart.objects.get(pk=part.pk).state == PartState.BACK
    assert Client.objects.get(pk=base["up"].pk).tier == "T2"
    with pytest.raises(Refused, match="sent back"):
        signing.sign(part.pk, by=head)
    assert signing.sign_all(part.run_id, by=head) == 0
    MonthlyBalance.objects.filter(client=base["up"], month=part.run.month).update(amount=3_000_000)
    run = recompute.again(part.pk, by=head)
    assert (run.state, results(part).count(), DowngradeRead.objects.count()) == (RunState.COMPUTING, 0, 0)
    assert Evaluation.objects.exclude(branch=part.branch_id).count() == others
    evaluation.run_now(run)
    part.refresh_from_db()
    part.run.refresh_from_db()
    assert (part.state, part.run.state, part.clients) == (PartState.READY, RunState.READY, 5)
    assert results(part).get(client=base["up"]).tier == "T4"
    signing.sign(part.pk, by=head)


def test_other_branches_sign_while_one_is_corrected(base, part, head, region_head):  # noqa: F811
    recompute.send_back(part.pk, by=head, why="十月余额有误")
    assert signing.sign_all(part.run_id, by=region_head) == 1
    part.run.refresh_from_db()
    assert part.run.state == RunState.READY


def test_the_administrator_has_everything_sent_back_computed_anew(client, part, head, admin_user):
    recompute.send_back(part.pk, by=head, why="十月余额有误")
    client.force_login(admin_user)
    page = client.get("/tiers/cards/").content.decode()
    assert "十月余额有误" in page and f"/tiers/runs/{part.run_id}/again/" in page
    url = f"/tiers/runs/{part.run_id}/again/"
    assert client.post(url).status_code == 303
    part.refresh_from_db()
    assert part.state == PartState.WAITING
    assert client.post(url).status_code == 422  # twice is once
    client.force_login(head)
    assert client.post(url).status_code == 403


def test_what_was_sent_back_is_read_in_the_own_branches_only(client, part, head, other_wealth, wealth):
    recompute.send_back(part.pk, by=head, why="十月余额有误")
    for user, reads in ((head, True), (wealth, True), (other_wealth, False)):
        client.force_login(user)
        page = client.get("/tiers/cards/").content.decode()
        assert ("十月余额有误" in page) is reads, user
        assert f"/tiers/runs/{part.run_id}/again/" not in page


def test_only_what_waits_is_sent_back_and_with_a_reason(part, head, region_head):
    with pytest.raises(Refused, match="wrong"):
        recompute.send_back(part.pk, by=head, why=" ")
    signing.sign(part.pk, by=region_head)
    with pytest.raises(Conflict):
        recompute.send_back(part.pk, by=head, why="晚了")
    assert results(part).count() == 5


def test_the_head_sends_back_from_the_page(client, part, head):
    client.force_login(head)
    assert "send-back" in client.get("/tiers/").content.decode()
    assert client.post(f"/tiers/parts/{part.pk}/back/", {"note": ""}).status_code == 422
    assert client.post(f"/tiers/parts/{part.pk}/back/", {"note": "余额有误"}).status_code == 303
    part.refresh_from_db()
    assert part.state == PartState.BACK
    page = client.get("/tiers/").content.decode()
    assert "余额有误" in page and "sign-tiers" not in page
    assert client.post(f"/tiers/parts/{part.pk}/again/").status_code == 303
    part.refresh_from_db()
    assert part.state == PartState.WAITING


def test_the_api_sends_back_and_computes_anew(client, part, head, admin_user):
    client.force_login(head)
    url, json = f"/api/v1/evaluation-parts/{part.pk}/", {"content_type": "application/json"}
    assert client.post(f"{url}recompute/", {}, **json).status_code == 409
    assert client.post(f"{url}send-back/", {"opinion": "余额有误"}, **json).json()["state"] == "back"
    assert client.post(f"{url}recompute/", {}, **json).json()["state"] == "waiting"
    evaluation.run_now(part.run)
    client.post(f"{url}send-back/", {"opinion": "还是有误"}, **json)
    every = "/api/v1/evaluation-parts/recompute-sent-back/"
    assert client.post(every, {"run": part.run_id}, **json).status_code == 403
    client.force_login(admin_user)
    assert client.post(every, {}, **json).status_code == 400
    assert client.post(every, {"run": part.run_id}, **json).json() == {"run": part.run_id}
    assert client.post(every, {"run": 10**9}, **json).status_code == 409
    part.refresh_from_db()
    assert part.state == PartState.WAITING


def test_the_api_lists_signs_and_sends_back(client, part, head):
    client.force_login(head)
    listed = client.get("/api/v1/evaluation-parts/").json()["results"]
    assert [row["id"] for row in listed] == [part.pk]
    url = f"/api/v1/evaluation-parts/{part.pk}/"
    assert client.get(url).json()["state"] == "ready"
    assert client.post(f"{url}send-back/", {}, content_type="application/json").status_code == 400
    done = client.post(f"{url}sign/", {"opinion": "同意"}, content_type="application/json")
    assert (done.status_code, done.json()["state"], done.json()["opinion"]) == (200, "signed", "同意")
    again = client.post(f"{url}send-back/", {"opinion": "晚了"}, content_type="application/json")
    assert again.status_code == 409


def test_the_list_leaves_as_excel_masked_marked_and_logged(client, base, part, head):  # noqa: F811
    client.force_login(head)
    answer = client.get(client.post("/tiers/export/?list=down").url)
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert head.employee_no in rows[0][0]
    assert len(rows) == 3  # who made it, the heads, the one that falls
    assert base["down"].name not in str(rows)
    event = AccessEvent.objects.get(kind="export")
    assert (event.rows, event.item_key) == (1, f"run:{part.run_id}")


def test_the_flow_holds_every_client_once_and_stays_in_its_frame(base, part):  # noqa: F811
    picture = Picture(of_run(part.run, [part.branch_id]))
    flow = flow_picture(picture)
    assert {band["way"] for band in flow["bands"]} == {"same", "up", "down"}
    assert sum(int(band["title"].rsplit(" ", 1)[1]) for band in flow["bands"]) == 5
    left = [post for post in flow["posts"] if post["anchor"] == "end"]
    assert sum(int(post["count"]) for post in left) == 5
    assert flow["height"] <= HEIGHT + 30
    assert flow_picture(Picture([])) is None


def test_where_the_money_may_come_from_is_a_band_for_others(base, wealth, head):  # noqa: F811
    near = base["near"]
    Profile.objects.create(client=near, other_bank_assets=350_000)
    mine = leads([near], wealth, today=clock.today())
    theirs = leads([near], head, today=clock.today())
    assert "350,000" in mine[near.pk]
    assert theirs[near.pk]
    assert "350,000" not in theirs[near.pk]


@pytest.mark.parametrize(
    "total, least, short", [(None, None, None), (39, 40, 1), (40, 60, 20), (60, 75, 15), (75, None, None)]
)
def test_the_score_says_what_the_next_type_takes(part, total, least, short):
    result = results(part).select_related("scorecard").first()
    result.total = total
    told = explain(result)["score"]
    assert (told and told["least"], told and told["short"]) == (least, short)
