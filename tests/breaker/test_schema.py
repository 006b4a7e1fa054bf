"""The API called from its own description: whatever it invents, the answer is one of ours."""

import json
import logging

import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NOT_SET

pytestmark = pytest.mark.django_db
EXAMPLES = 20  # for each operation
ANSWERS = {200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 415}


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def browser(filed, wealth, notice):
    """A manager with something on the desk."""
    filed(name="刘建华")
    client = Client(raise_request_exception=False)
    client.force_login(wealth)
    return client


def test_the_api_keeps_to_its_description(browser):
    described = json.loads(browser.get("/api/schema/?format=json").content)
    schema = schemathesis.openapi.from_dict(described)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        _try(browser, operation)


def _try(browser, operation):
    """Call one operation with invented parameters and bodies; what was written is taken back."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case):
        body = "" if case.body is NOT_SET else json.dumps(case.body)
        with transaction.atomic():
            answer = browser.generic(
                case.method,
                case.formatted_path,
                body,
                content_type="application/json",
                query_params=case.query or {},
            )
            transaction.set_rollback(True)
        assert answer.status_code in ANSWERS, (case.method, case.formatted_path, body, answer.status_code)

    call()
