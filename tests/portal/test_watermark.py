"""Pages with personal data carry the number of whoever reads them, and the minute, across the whole page."""

import datetime
import re

import pytest

from rmflow.workdays import clock

SIGN = re.compile(r'<svg class="watermark".*?</svg>', re.DOTALL)


def signs(page):
    """(employee number, moment) of each sign in the watermark."""
    [drawn] = SIGN.findall(page)
    return re.findall(r"<text[^>]*>(\S+) (\d{4}-\d\d-\d\d \d\d:\d\d)</text>", drawn)


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("wealth", "/clients/{client}/"),
        ("wealth", "/clients/"),
        ("wealth", "/today/"),
        ("wealth", "/followups/"),
        ("wealth", "/referrals/{slip}/"),
        ("lobby", "/desk/"),
        ("lobby", "/referrals/"),
        ("head", "/overview/"),
        ("archivist", "/archives/"),
        ("complaint_office", "/complaints/"),
    ],
)
def test_a_page_with_personal_data_names_its_reader_and_the_minute(client, request, filed, who, address):
    slip, reader = filed(), request.getfixturevalue(who)
    client.force_login(reader)
    for _again in range(2):  # the second time from what is kept
        before = clock.now().replace(second=0, microsecond=0, tzinfo=None)
        answer = client.get(address.format(client=slip.client_id, slip=slip.pk))
        after = clock.now().replace(tzinfo=None)
        assert answer.status_code == 200
        found = signs(answer.content.decode())
        assert found and {number for number, _moment in found} == {reader.employee_no}
        for _number, moment in found:
            assert before <= datetime.datetime.strptime(moment, "%Y-%m-%d %H:%M") <= after


def test_who_is_not_logged_in_leaves_no_number(client, db):
    assert not SIGN.findall(client.get("/login/").content.decode())
