"""Pages and API of openings: kit, archive, offers, the counter; the same refusals by both doors."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from clients.models import Product, Profile
from complaints.models import Offer, Opening, OpeningKind
from followups.models import Deal

pytestmark = pytest.mark.django_db
SEND = {"content_type": "application/json"}


@pytest.fixture
def as_(client):
    """A function: the browser of this person, in English."""

    def log_in(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    yield log_in
    translation.deactivate()


@pytest.fixture
def opening(as_, vip, wealth):
    """An opening begun on the page by the manager."""
    client = vip()
    browser = as_(wealth)
    assert "开户申请书" in browser.get(f"/openings/new/{client.pk}/").content.decode()
    kind = OpeningKind.objects.get(name="个人结算账户（借记卡）")
    answer = browser.post(f"/openings/new/{client.pk}/prepare/", {"kind": kind.pk, "idempotency_key": "k"})
    again = browser.post(f"/openings/new/{client.pk}/prepare/", {"kind": kind.pk, "idempotency_key": "k"})
    assert answer.headers["Location"] == again.headers["Location"]
    return Opening.objects.get()


def lay_out(browser, opening):
    for form in opening.forms.filter(required=True):
        browser.post(f"/openings/{opening.pk}/form/{form.pk}/", {"ready": "1"})


def test_an_opening_from_the_kit_to_the_counter_and_its_deal(as_, opening, wealth, teller):
    browser, url = as_(wealth), f"/openings/{opening.pk}/"
    early = browser.post(f"{url}step/ready/")
    assert early.status_code == 422 and "开户申请书" in early.content.decode()
    lay_out(browser, opening)
    browser.post(f"{url}learn/", {"occupation": "教师", "wants": "教育金"})
    assert Profile.objects.get(client=opening.client).wants == "教育金"
    browser.post(f"{url}offer/", {"product": Product.objects.get(code="CK0301").pk})
    offer = Offer.objects.get(product__code="CK0301")
    wrong = browser.post(f"{url}offer/{offer.pk}/", {"answer": "agreed", "amount": "0"})
    assert wrong.status_code == 422 and "more than 0" in wrong.content.decode()
    browser.post(f"{url}offer/{offer.pk}/", {"answer": "agreed", "amount": "50000"})
    for step in ("ready", "seat"):
        assert browser.post(f"{url}step/{step}/").status_code == 303
    assert f"{url}execute/" not in browser.get(url).content.decode()  # never the manager
    browser = as_(teller)
    page = browser.get(url).content.decode()
    assert f"{url}execute/" in page and "陈美华" not in page
    short = browser.post(f"{url}execute/", {"account": "尾号 6789"})
    assert short.status_code == 422 and 'value="尾号 6789"' in short.content.decode()
    done = {"account": "尾号 6789", "accurate": "yes", "first_time": "yes"}
    assert browser.post(f"{url}execute/", done).status_code == 303
    opening.refresh_from_db()
    assert (opening.state, opening.executed_by) == ("executed", teller)
    assert Deal.objects.get().amount == 50_000
    assert browser.post(f"{url}execute/", done).status_code == 409


def test_a_product_above_the_client_s_class_is_refused_in_words(as_, opening, wealth):
    risky = Product.objects.create(code="R5", name="x", category="fund", risk="R5")
    answer = as_(wealth).post(f"/openings/{opening.pk}/offer/", {"product": risky.pk})
    assert answer.status_code == 422 and "risk tolerance" in answer.content.decode()


@pytest.mark.parametrize("kind", ["", "x", "999999", "9" * 30])
def test_a_kind_that_is_none_is_refused(as_, vip, wealth, kind):
    answer = as_(wealth).post(f"/openings/new/{vip().pk}/prepare/", {"kind": kind})
    assert answer.status_code == 422 and not Opening.objects.exists()


def test_the_branch_s_tellers_see_it_and_other_branches_do_not(
    as_, opening, teller, other_wealth, head, hire
):
    other = hire("100211", "马晓红", "teller", "second")
    for user, status in ((teller, 200), (head, 200), (other, 404), (other_wealth, 404)):
        assert as_(user).get(f"/openings/{opening.pk}/").status_code == status


def test_the_list_asks_as_much_for_one_as_for_fifteen(as_, vip, wealth, opening):
    counts = []
    for number in (0, 14):
        for n in range(number):
            kind = OpeningKind.objects.first()
            Opening.objects.create(
                client=vip(name=f"王{n}"), branch=opening.branch, manager=wealth, kind=kind
            )
        browser = as_(wealth)
        browser.get("/openings/")
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/openings/?show=all").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_api_goes_the_same_way(as_, vip, wealth, teller):
    browser, client = as_(wealth), vip()
    kind = OpeningKind.objects.get(name="定期存款")
    made = browser.post("/api/v1/openings/", {"client": client.pk, "kind": kind.pk}, **SEND)
    assert made.status_code == 201
    url, row = f"/api/v1/openings/{made.json()['id']}/", made.json()
    early = browser.post(f"{url}transitions/", {"name": "ready"}, **SEND)
    assert early.status_code == 400 and "forms" in early.json()
    for form in row["forms"]:
        browser.post(f"{url}kit/", {"form": form["id"]}, **SEND)
    product = Product.objects.get(code="CK0101").pk
    offered = browser.post(f"{url}offer/", {"product": product}, **SEND).json()["offers"]
    offer = next(o for o in offered if o["product"] == product)["id"]
    assert browser.post(f"{url}answer/", {"offer": offer, "answer": "declined"}, **SEND).status_code == 200
    for name in ("ready", "seat"):
        assert browser.post(f"{url}transitions/", {"name": name}, **SEND).status_code == 200
    assert browser.post(f"{url}execute/", {"accurate": True, "first_time": True}, **SEND).status_code == 403
    done = as_(teller).post(f"{url}execute/", {"accurate": True, "first_time": False}, **SEND)
    assert done.status_code == 200 and done.json()["state"] == "executed"
