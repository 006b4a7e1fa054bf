"""What a figure's address narrows a list to: kept by every chip, taken away one by one, the same over the API."""

import pytest

from complaints.models import Closure, Complaint

from .closures import end

pytestmark = pytest.mark.django_db


def numbers(answer):
    return {line["complaint"].pk for line in answer.context["lines"]}


def cases(answer):
    return {line["case"].pk for line in answer.context["lines"]}


def api(client, path):
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["results"]}


def url_of(chips, word):
    return next(chip["url"] for chip in chips if word in chip["label"])


class TestComplaints:
    @pytest.fixture
    def one(self, friday, taken, teller):
        """One that came by telephone, and others that the drill leaves out."""
        taken(by=teller)
        taken(by=teller, way="letter")
        return taken(by=teller, way="phone")

    def test_another_state_keeps_the_drill(self, client, one, complaint_office):
        client.force_login(complaint_office)
        query = f"month=2026-02&way=phone&branch={one.branch_id}"
        answer = client.get(f"/complaints/?show=all&{query}")
        assert numbers(answer) == {one.pk}
        for chip in answer.context["filters"]:
            found = client.get(f"/complaints/{chip['url']}")
            assert found.context["page"].paginator.count == chip["count"] <= 1, chip["url"]
            assert len(found.context["drill"]) == 3
        html = answer.content.decode()
        assert '<input type="hidden" name="way" value="phone">' in html  # the search keeps it too

    def test_each_chip_says_its_filter_and_takes_it_away_alone(self, client, one, complaint_office):
        client.force_login(complaint_office)
        chips = client.get(f"/complaints/?month=2026-02&way=phone&branch={one.branch_id}").context["drill"]
        assert [chip["label"] for chip in chips] == [f"网点：{one.branch.name}", "来源：电话", "2026年2月"]
        left = client.get(f"/complaints/{url_of(chips, '电话')}")
        assert len(numbers(left)) == 3 and len(left.context["drill"]) == 2
        assert left.context["show"] == "all"

    def test_a_year_s_figures_lead_to_the_rows_of_that_year(self, client, one, complaint_office):
        Complaint.objects.exclude(pk=one.pk).update(received_at="2025-06-02T10:00+08:00")
        client.force_login(complaint_office)
        context = client.get("/complaints/desk/figures/?year=2026&by=way").context
        answer = client.get(context["rows"][0]["cells"][0]["url"])
        assert (context["total"]["total"], numbers(answer)) == (1, {one.pk})
        assert "2026 年" in [chip["label"] for chip in answer.context["drill"]]

    def test_a_value_that_is_none_filters_nothing_and_has_no_chip(self, client, one, complaint_office):
        client.force_login(complaint_office)
        answer = client.get("/complaints/?show=all&month=x&year=99&fact=x&cause=abc")
        assert len(numbers(answer)) == 3 and answer.context["drill"] == []

    def test_a_chip_names_nobody_out_of_reach(self, client, one, lobby, other_lobby):
        client.force_login(lobby)
        chips = client.get(f"/complaints/?handler={other_lobby.pk}").context["drill"]
        assert [chip["label"] for chip in chips] == ["处理人：–"]

    @pytest.mark.parametrize(
        "query",
        ["way=phone", "month=2026-02", "month=2026-01", "quarter=2026-Q1", "quarter=2026-Q2",
         "year=2026", "fact=still_open", "fact=answered",
         "cause=none", "handler=none", "handler={handler}", "named=1", "product=none", "channel=none",
         "business=none", "branch={branch}"],
    )  # fmt: skip
    def test_the_api_finds_what_the_page_finds(self, client, one, lobby, query):
        client.force_login(lobby)
        for show in ("all", "open", "mine", "overdue", "today", "used", "over"):
            asked = f"show={show}&" + query.format(handler=one.handler_id, branch=one.branch_id)
            assert api(client, f"/complaints/?{asked}") == numbers(client.get(f"/complaints/?{asked}")), asked

    @pytest.mark.parametrize(
        "query", ["month=2026-13", "year=26", "fact=x", "show=x", "cause=x", "handler=x"]
    )
    def test_the_api_refuses_what_is_no_value(self, client, one, lobby, query):
        client.force_login(lobby)
        answer = client.get(f"/api/v1/complaints/?{query}")
        assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])


class TestClosures:
    @pytest.fixture
    def lost(self, case, vip, head):
        """One that has left, and one still open."""
        case("retaining", client=vip(name="李娜"))
        gone = case("head", client=vip(name="王芳"))
        end(gone, by=head, lost=300_000)
        gone.refresh_from_db()
        return gone

    @pytest.fixture
    def query(self, lost):
        return f"month={lost.found_on:%Y-%m}&reason={lost.reason}&manager={lost.manager_id}"

    def test_another_state_and_another_order_keep_the_drill(self, client, lost, query, supervisor):
        client.force_login(supervisor)
        answer = client.get(f"/closures/?show=all&{query}")
        assert cases(answer) == {lost.pk}
        for chip in (*answer.context["filters"], *answer.context["sorts"]):
            found = client.get(f"/closures/{chip['url']}")
            assert cases(found) <= {lost.pk} and len(found.context["drill"]) == 3, chip["url"]
        counts = {
            chip["url"].split("show=")[1].split("&")[0]: chip["count"] for chip in answer.context["filters"]
        }
        assert counts == {"open": 0, "mine": 0, "called": 0, "ended": None, "all": None}

    def test_each_chip_says_its_filter_and_takes_it_away_alone(self, client, lost, query, supervisor):
        client.force_login(supervisor)
        chips = client.get(f"/closures/?show=all&{query}").context["drill"]
        manager, reason = lost.manager.name, lost.get_reason_display()
        assert [chip["label"] for chip in chips][1:] == [f"原因：{reason}", f"主办经理：{manager}"]
        left = client.get(f"/closures/{url_of(chips, '原因')}")
        assert len(cases(left)) == 2 and len(left.context["drill"]) == 2

    def test_a_chip_names_nobody_out_of_reach(self, client, lost, supervisor, other_wealth):
        client.force_login(supervisor)
        chips = client.get(f"/closures/?manager={other_wealth.pk}").context["drill"]
        assert [chip["label"] for chip in chips] == ["主办经理：–"]

    @pytest.mark.parametrize(
        "query",
        ["month={month}", "month=2020-01", "reason={reason}", "reason=none", "manager={manager}", "product=none",
         "destination=none", "outcome=lost", "outcome=held", "outcome=leak", "movement=closure",
         "branch={branch}"],
    )  # fmt: skip
    def test_the_api_finds_what_the_page_finds(self, client, lost, supervisor, query):
        client.force_login(supervisor)
        words = {"month": f"{lost.found_on:%Y-%m}", "reason": lost.reason}
        assert Closure.objects.count() == 2
        for show in ("all", "open", "mine", "called", "ended"):
            asked = f"show={show}&" + query.format(manager=lost.manager_id, branch=lost.branch_id, **words)
            assert api(client, f"/closures/?{asked}") == cases(client.get(f"/closures/?{asked}")), asked

    @pytest.mark.parametrize("query", ["month=x", "outcome=x", "show=x", "manager=x", "reason=x"])
    def test_the_api_refuses_what_is_no_value(self, client, lost, supervisor, query):
        client.force_login(supervisor)
        answer = client.get(f"/api/v1/closures/?{query}")
        assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])
