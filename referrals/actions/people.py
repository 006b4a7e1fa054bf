"""Who a slip is about and who receives it: the person, the branch, the manager (deck 18, 33, W1-03, W1-07)."""

from django.utils.translation import gettext as _

from clients import actions as clients
from clients.models import Client
from rmflow.privacy.models import ConsentBasis
from rmflow.staff import person
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Role
from rmflow.workflow import Refused

from ..rules import End, Guidance
from . import repeats


def own_outlet(by):
    """The branch `by` works in today when it serves clients, else None."""
    here = by.branch
    return here if here and here.kind == Branch.Kind.BRANCH and here.is_active else None


def receiving_branch(card, *, by):
    """The branch the client is sent to: one's own, or another branch that serves clients (deck 33)."""
    if card.branch_id is None:
        own = own_outlet(by)
        if own is None:
            raise Refused(_("Choose the branch that will receive the client."), field="branch")
        return own
    branch = Branch.objects.outlets().filter(pk=card.branch_id).first()
    if branch is None:
        raise Refused(_("This branch does not serve clients."), field="branch")
    return branch


def manager_of(card, *, branch, sender_branch):
    """The manager named on the card, if that person can receive the client; None = the duty queue."""
    if card.guidance != Guidance.MANAGER:
        return None
    elsewhere = branch.pk != sender_branch.pk
    if elsewhere and card.end == End.INTRODUCE:
        raise Refused(
            _("Another branch cannot receive on the spot; agree a day instead."),
            field="end",
        )
    if card.manager_id is None:
        if card.end == End.INTRODUCE:
            raise Refused(_("Choose the manager who receives the client."), field="manager")
        return None
    manager = person.load(card.manager_id, lock=True)
    if manager is None or not manager.works_at(branch.pk, Role.WEALTH_MANAGER):
        raise Refused(_("This person does not receive clients in this branch."), field="manager")
    if card.end == End.INTRODUCE and not card.referred_at and manager.availability == User.Availability.OUT:
        raise Refused(
            _("{name} has just gone out; choose someone else.").format(name=manager.name),
            field="manager",
        )
    return manager


def person_of(card, *, by, branch):
    """The person of the slip, found or registered; a suspected repeat needs a reason (W1-07).

    The basis is asked for first, and past the day's look-ups every phone or ID needs a reason: else the
    order of the refusals would tell who banks here. An ID number warns, it finds and names nobody.
    """
    if card.phone and card.basis not in ConsentBasis.values:
        raise Refused(_("Say on what basis the phone is kept."), field="notice_basis")
    chosen = None
    if card.client_id is not None:
        chosen = Client.objects.visible_to(by).filter(pk=card.client_id).first()
        if chosen is None:
            raise Refused(_("This client is not on your list."), field="client")
    spent = repeats.is_past_cap(card, by=by)
    if spent or repeats.may_be_repeat(phone=card.phone, id_number=card.id_number, client_id=card.client_id):
        if not card.repeat_reason.strip():
            raise Refused(
                _("May already be looked after or referred lately; say why it is referred again."),
                field="repeat_reason",
                code="repeat",
            )
        repeats.remember_warning(card, by=by)
    if chosen is not None:
        return clients.complete(chosen, by=by, phone=card.phone, basis=card.basis)
    return clients.register(
        by=by,
        branch=branch,
        name=card.name,
        salutation=card.salutation,
        phone=card.phone,
        basis=card.basis,
        apart=spent,
    )


def check_keeper(client, manager):
    """A client chosen from the list goes to who looks after him or her.

    Else a slip to oneself would be a way to a colleague's telephone numbers.
    """
    keepers = {client.owner_id, client.backup_id} - {None}
    if keepers and (manager is None or manager.pk not in keepers):
        keeper = client.owner or client.backup
        raise Refused(
            _("{name} looks after this client; choose this manager.").format(name=keeper.name),
            field="manager",
        )
