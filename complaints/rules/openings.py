"""开户: steps, the kit of forms, related products, and the one place of the suitability gate (W3-03, §5)."""

from django.db.models import TextChoices
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.rules import ProductCategory
from rmflow.staff.permissions import Permission
from rmflow.workflow import Transition


class State(TextChoices):
    """Where an opening stands."""

    PREPARING = "preparing", _("Being prepared")
    READY = "ready", _("Kit ready")
    SEATED = "seated", _("Client at the counter")
    EXECUTED = "executed", pgettext_lazy("opening", "Opened")
    CANCELLED = "cancelled", _("Cancelled")


class Answer(TextChoices):
    """What the client said to one related product."""

    OPEN = "open", pgettext_lazy("offer", "Not asked yet")
    AGREED = "agreed", pgettext_lazy("offer", "Agreed")
    DECLINED = "declined", pgettext_lazy("offer", "Declined")


OPEN = (State.PREPARING, State.READY, State.SEATED)
OPENING_TRANSITIONS = {
    "ready": Transition(_("Kit is ready"), (State.PREPARING,), State.READY, Permission.PREPARE_OPENING),
    "seat": Transition(_("Client sits down"), (State.READY,), State.SEATED, Permission.PREPARE_OPENING),
    "execute": Transition(
        _("Carried out at the counter"), (State.SEATED,), State.EXECUTED, Permission.EXECUTE_OPENING
    ),
    "cancel": Transition(_("Cancel the opening"), OPEN, State.CANCELLED, Permission.PREPARE_OPENING),
}
NOTE_LENGTH = 300
#: Categories with an uncertain return, and insurance (domain-rules §5.1, art. 3); deposits and cards are none.
UNDER_SUITABILITY = frozenset(
    {
        *(ProductCategory.WEALTH, ProductCategory.FUND, ProductCategory.INSURANCE),
        *(ProductCategory.METAL, ProductCategory.FOREX),
    }
)


def unsuitable(product, *, tolerance, valid_until, today):
    """Why `product` may not be offered to a client of this risk tolerance; "" when it may.

    The one place of the suitability gate: each door that offers or agrees a product asks here. A product
    under suitability with a risk class needs a valid assessment that reaches it (5 × 5 matrix, domain-rules §5.2).
    """
    if not product.active:
        return say("This product is not on sale.")
    if product.category not in UNDER_SUITABILITY or not product.risk:
        return ""
    if not tolerance:
        return say("The client's risk tolerance has not been assessed; assess it first.")
    if valid_until is None or valid_until < today:
        return say("The assessment of the client's risk tolerance has run out; assess anew.")
    if int(product.risk[1]) > int(tolerance[1]):
        return say("Above client's class {name}; cannot propose").format(name=tolerance)
    return ""


def missing_forms(forms):
    """Names of the forms that must be ready and are not; `forms` are rows (name, required, ready_at)."""
    return [form.name for form in forms if form.required and form.ready_at is None]
