"""A likely repeat is offered to who may merge it; a group and what is sensitive show where the form says so."""

import datetime

import pytest

from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_take
from complaints.actions import complaint_work as work
from complaints.models import Complaint, Representative
from complaints.rules.complaint import check_receipt
from complaints.stats import complaint as stats
from complaints.stats.repeats import likely_repeats
from rmflow.workflow import Refused

from .conftest import FRIDAY, fresh, intake

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def again(friday, made, taken, teller):
    """The same phone, ten days later."""
    friday(FRIDAY + 10 * DAY)
    return taken(by=teller)


class TestRepeats:
    def test_the_same_phone_within_sixty_days_is_likely_the_same_matter(self, friday, made, again, lobby):
        assert likely_repeats(again, lobby) == [made]
        assert likely_repeats(made, lobby) == []
        Complaint.objects.filter(pk=made.pk).update(received_at=again.received_at - 61 * DAY)
        assert likely_repeats(again, lobby) == []

    def test_the_same_client_with_another_phone_is_one_too(self, friday, premium, taken, lobby):
        first = taken(client_id=premium.pk, phone="")
        friday(FRIDAY + DAY)
        second = taken(client_id=premium.pk, phone="13900001111")
        assert likely_repeats(second, lobby) == [first]

    def test_another_person_another_branch_and_what_has_ended_are_none(
        self, friday, made, again, taken, lobby, other_lobby
    ):
        taken(phone="13900001111"), taken(by=other_lobby)
        assert likely_repeats(again, lobby) == [made]
        work.withdraw(made.pk, by=lobby, note="x")
        assert likely_repeats(again, lobby) == []
        nobody = taken(phone="")
        assert likely_repeats(nobody, lobby) == []

    def test_of_two_at_one_moment_only_one_is_offered_to_the_other(self, friday, made, taken, teller, lobby):
        twin = taken(by=teller)
        assert (likely_repeats(twin, lobby), likely_repeats(made, lobby)) == ([made], [])

    def test_who_keeps_out_of_the_earlier_one_is_not_told_of_it(self, made, again, lobby, head):
        hand.step_back(made.pk, by=head, person_id=lobby.pk, note="亲戚")
        assert likely_repeats(again, lobby) == []
        assert likely_repeats(again, head) == [made]

    def test_the_page_offers_the_merger_with_the_number_filled_in(self, client, made, again, lobby, teller):
        client.force_login(lobby)
        html = client.get(f"/complaints/{again.pk}/").content.decode()
        assert f"疑似与 {made.number} 重复" in html
        url = f"/complaints/{again.pk}/merge/?into={made.number}"
        assert url in html
        assert f'value="{made.number}"' in client.get(url).content.decode()
        client.force_login(teller)  # took it, does not merge
        assert "疑似与" not in client.get(f"/complaints/{again.pk}/").content.decode()


class TestGroup:
    GROUP = {
        "people": 8,
        "representatives": [("马建国", "13800006620"), ("欧阳芳", "")],
        "sensitivity": ["petition", "heated"],
    }

    @pytest.fixture
    def group(self, friday, taken):
        return taken(**self.GROUP)

    def test_page_and_print_show_those_who_speak_masked_and_why_it_is_sensitive(self, client, group, lobby):
        client.force_login(lobby)
        for address in ("", "print/"):
            html = client.get(f"/complaints/{group.pk}/{address}").content.decode()
            assert "欧阳*" in html or "欧阳**" in html
            assert "138****6620" in html
            assert "13800006620" not in html
            assert "信访" in html

    def test_the_look_on_record_shows_them_in_full(self, client, group, lobby):
        client.force_login(lobby)
        html = client.post(f"/complaints/{group.pk}/phone/").content.decode()
        assert "欧阳芳" in html

    def test_the_list_and_the_api_are_narrowed_by_it(self, client, group, taken, lobby):
        taken()
        rows = Complaint.objects.visible_to(lobby)
        assert list(stats.drilled(rows, {"sensitivity": "heated"})) == [group]
        assert not stats.drilled(rows, {"sensitivity": "judicial"}).exists()
        client.force_login(lobby)
        html = client.get("/complaints/?show=all&sensitivity=heated").content.decode()
        assert "敏感情形" in html
        found = client.get("/api/v1/complaints/?sensitivity=heated").json()["results"]
        assert [row["id"] for row in found] == [group.pk]
        assert client.get("/api/v1/complaints/?sensitivity=x").status_code == 400

    def test_the_api_takes_and_gives_them(self, client, friday, lobby, head):
        client.force_login(lobby)
        body = {
            "way": "counter",
            "title": "x",
            "request": "x",
            "name": "马建国",
            "people": 3,
            "representatives": [{"name": "欧阳芳", "phone": "13900001111"}],
            "id_number": "520102199001011234",
            "proxy": "李明",
            "proxy_authorised": True,
        }
        answer = client.post("/api/v1/complaints/", body, content_type="application/json")
        assert answer.status_code == 201
        assert answer.json()["representatives"][0].endswith("139****1111")
        assert Representative.objects.get().name == "欧阳芳"
        made = Complaint.objects.get()
        assert (made.proxy, made.proxy_authorised, made.id_number[:6]) == ("李明", True, "520102")
        bare = client.post("/api/v1/complaints/", {**body, "proxy_authorised": False}, "application/json")
        assert bare.status_code == 400


class TestOldLetters:
    def test_the_office_enters_what_lay_for_longer_than_thirty_days(
        self, friday, lobby, complaint_office, branches
    ):
        friday("2026-03-20 09:00")
        letter = {"way": "letter", "received_at": FRIDAY, "branch_id": branches["first"].pk}
        with pytest.raises(Refused) as refused:
            complaint_take.take(intake(**letter), by=lobby)
        assert refused.value.field == "received_at"
        made = complaint_take.take(intake(**letter), by=complaint_office)
        assert fresh(made).due_on == datetime.date(2026, 2, 25)

    def test_a_year_is_the_most(self):
        now = FRIDAY
        check_receipt(now - 366 * DAY, now=now, office=True)
        with pytest.raises(Refused):
            check_receipt(now - 367 * DAY, now=now, office=True)
