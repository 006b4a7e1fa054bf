"""The three classifications as an editable tree with the standard's codes (JR/T 0169, §3.3)."""

import pytest

from complaints.complaint_forms import CodeChoice
from complaints.models import ComplaintCode

from .conftest import fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(db):
    """fees → (account fees → (dormant), card fees); another kind beside it."""

    def make(code, parent=None, kind="cause", **fields):
        return ComplaintCode.objects.create(kind=kind, code=code, name=code, parent=parent, **fields)

    top = make("fees")
    account = make("account", top)
    return {
        "top": top,
        "account": account,
        "dormant": make("dormant", account),
        "card": make("card", top),
        "other": make("else", kind="channel"),
    }


def offered(tree, kind="cause"):
    """Which of the tree's headings may be chosen."""
    found = set(ComplaintCode.objects.leaves(kind))
    return {name for name, row in tree.items() if row in found}


def off(row, active=False):
    row.active = active
    row.save()


class TestLeaves:
    def test_only_what_has_nothing_below_it_is_chosen_and_only_of_its_kind(self, tree):
        assert offered(tree) == {"dormant", "card"}
        assert offered(tree, "channel") == {"other"}
        assert set(CodeChoice("cause").queryset) >= {tree["dormant"], tree["card"]}

    def test_with_all_below_it_out_of_use_a_heading_is_chosen_itself(self, tree):
        off(tree["dormant"])
        assert offered(tree) == {"account", "card"}
        off(tree["dormant"], active=True)
        assert offered(tree) == {"dormant", "card"}

    @pytest.mark.parametrize(("taken", "left"), [("account", {"card"}), ("top", set())])
    def test_a_heading_taken_out_of_use_takes_what_stands_under_it(self, tree, taken, left):
        off(tree[taken])
        assert offered(tree) == left

    def test_every_shipped_classification_has_something_to_choose(self):
        for kind in ("channel", "business", "cause"):
            assert ComplaintCode.objects.leaves(kind).exists()


class TestEdit:
    def test_a_standard_code_is_edited_without_touching_what_was_classified(
        self, client, tree, taken, admin_user, settings
    ):
        settings.SECOND_FACTOR_REQUIRED = False
        made = taken(cause_id=tree["card"].pk)
        client.force_login(admin_user)
        url = f"/admin/complaints/complaintcode/{tree['card'].pk}/change/"
        values = {"kind": "cause", "code": "card", "std_code": "0301", "name": "银行卡收费",
                  "parent": tree["top"].pk, "position": 1, "active": "on"}  # fmt: skip
        answer = client.post(url, values)
        assert answer.status_code == 302, answer.context and answer.context["errors"]
        tree["card"].refresh_from_db()
        assert (tree["card"].std_code, tree["card"].name) == ("0301", "银行卡收费")
        assert fresh(made).cause_id == tree["card"].pk
        assert list(tree["card"].history.order_by("pgh_id").values_list("std_code", flat=True)) == [
            "",
            "0301",
        ]

    def test_a_heading_is_never_deleted_in_the_admin(self, client, tree, admin_user, settings):
        settings.SECOND_FACTOR_REQUIRED = False
        client.force_login(admin_user)
        client.post(f"/admin/complaints/complaintcode/{tree['card'].pk}/delete/", {"post": "yes"})
        assert ComplaintCode.objects.filter(pk=tree["card"].pk).exists()

    def test_a_complaint_keeps_a_heading_that_went_out_of_use(self, taken, tree):
        made = taken(cause_id=tree["dormant"].pk)
        off(tree["dormant"])
        assert fresh(made).cause_id == tree["dormant"].pk
