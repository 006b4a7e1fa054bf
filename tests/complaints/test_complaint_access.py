"""Who may take which step: one table for both doors, of a complaint a teller took and the lobby manager handles."""

import pytest

from complaints.actions import complaint_deadline as deadline

pytestmark = pytest.mark.django_db
PEOPLE = ["teller", "lobby", "wealth", "head", "supervisor", "region_head", "complaint_office", "other_lobby"]
ACCESS = [
    # step, teller (took it), lobby (handles it), wealth manager, head, supervisor, region, office, outsider
    ("plan", 403, 200, 404, 200, 403, 200, 200, 404),
    ("classify", 403, 200, 404, 200, 403, 200, 200, 404),
    ("promise", 403, 200, 404, 200, 403, 200, 200, 404),
    ("reply", 200, 200, 404, 200, 403, 200, 200, 404),
    ("assign", 403, 200, 404, 200, 403, 200, 200, 404),
    ("pass_on", 403, 200, 404, 200, 403, 200, 200, 404),
    ("ask_extension", 403, 409, 404, 409, 403, 409, 409, 404),  # one waits already
    ("decide_extension", 403, 403, 404, 403, 403, 403, 200, 404),
    ("complex", 403, 403, 404, 403, 403, 403, 200, 404),
    ("suspend", 403, 200, 404, 200, 403, 200, 200, 404),
    ("merge", 403, 200, 404, 200, 403, 200, 200, 404),
    ("restart", 403, 200, 404, 200, 403, 200, 200, 404),
    ("withdraw", 200, 200, 404, 200, 403, 200, 200, 404),
    ("step_back", 200, 200, 404, 200, 403, 200, 200, 404),
    ("note", 200, 200, 404, 200, 403, 200, 200, 404),
    ("close", 403, 409, 404, 409, 403, 409, 409, 404),
    ("hand_over", 403, 409, 404, 409, 403, 409, 409, 404),  # while it runs it is assigned
    ("told_review", 403, 409, 404, 409, 403, 409, 409, 404),
    ("decide_review", 403, 403, 404, 403, 403, 403, 409, 404),
]


@pytest.fixture
def made(friday, taken, request):
    people = {name: request.getfixturevalue(name) for name in PEOPLE}
    complaint = taken(by=people["teller"])
    deadline.ask_extension(complaint.pk, by=people["lobby"], reason="x")
    return complaint, people


@pytest.mark.parametrize("step, expected", [(row[0], row[1:]) for row in ACCESS], ids=[r[0] for r in ACCESS])
def test_each_person_gets_where_the_table_says(client, made, step, expected):
    complaint, people = made
    for name, status in zip(PEOPLE, expected, strict=True):
        client.force_login(people[name])
        page = client.get(f"/complaints/{complaint.pk}/{step}/").status_code
        assert page == status or (status == 409 and page == 422), (name, page)
        found = client.get(f"/api/v1/complaints/{complaint.pk}/")
        listed = step in found.json().get("transitions", [])
        assert listed == (status == 200), name
        if status in (403, 404):
            answer = client.post(
                f"/api/v1/complaints/{complaint.pk}/steps/{step}/", {}, content_type="application/json"
            )
            assert answer.status_code == status, name
