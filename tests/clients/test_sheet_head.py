"""The head of a client's page: its form is drawn once, and nobody's words stand in another's page."""

import pytest

from clients.models import Archive
from rmflow.doors import drawn
from tests.clients.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def looks(client, wealth):
    client.force_login(wealth)
    return lambda person: page(client, f"/clients/{person.pk}/", headers={"accept-language": "zh-hans"})


def test_two_clients_of_one_form_share_the_drawing_and_nothing_else(person, wealth, looks):
    one = person("陈美华", phone="13812345678", customer_no="C0000001", owner=wealth)
    other = person("王志强", phone="13987654321", customer_no="C0000002", owner=wealth)
    first = looks(one)
    parts = len(drawn._pieces)
    second = looks(other)
    assert len(drawn._pieces) == parts
    for word, mine, theirs in (
        ("陈美华", first, second),
        ("C0000001", first, second),
        ("王志强", second, first),
    ):
        assert word in mine
        assert word not in theirs
    assert f"/clients/{one.pk}/" not in second
    assert "13987654321" not in second
    for text in (first, second):
        assert drawn.OPEN not in text


def test_what_a_client_is_called_cannot_become_a_part_of_the_page(person, wealth, looks):
    text = looks(person('<b onclick="x">陈</b>', owner=wealth))
    assert "<b onclick" not in text
    assert "&lt;b onclick" in text


def test_the_form_follows_what_is_on_record_and_what_the_reader_may(person, wealth, head, client):
    mine = person("陈美华", phone="13812345678", owner=wealth)
    client.force_login(wealth)
    before = page(client, f"/clients/{mine.pk}/")
    assert "/archives/borrow/" not in before
    assert f"/today/new/?client={mine.pk}" in before
    Archive.objects.create(client=mine, branch=mine.branch, file_no="F-1", opened_by=wealth)
    mine.do_not_contact = True
    mine.save()
    after = page(client, f"/clients/{mine.pk}/")
    assert "F-1" in after
    assert f"/today/new/?client={mine.pk}" not in after
    client.force_login(head)
    assert 'id="same-person"' in page(client, f"/clients/{mine.pk}/")
    assert f'action="/clients/{mine.pk}/duplicate/"' in page(client, f"/clients/{mine.pk}/")
