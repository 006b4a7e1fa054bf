"""A client's archive in the eyes of one reader: each set of rows is asked for once, when first needed."""

from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from rmflow.privacy import masks
from rmflow.staff.permissions import Permission
from rmflow.workdays.current import calendar

from ..models import Client, Profile
from ..profile_rules import Secrecy

MONTHS = 12
HOUSEHOLD = 12  # members named


class Record:
    """The archive of `client` for `user`."""

    def __init__(self, client, user, *, today):
        self.client, self.user, self.today = client, user, today
        self.own = client.is_looked_after_by(user)
        self.may_show = client.may_be_shown_to(user)

    @property
    def profile(self):
        """The stored profile, or an empty one that says nothing."""
        return getattr(self.client, "profile", None) or Profile(client=self.client)

    @property
    def closed(self):
        """Whether the archive is kept from this reader by its secrecy."""
        return self.profile.secrecy == Secrecy.MANAGERS and not (self.own or self.may_show)

    @cached_property
    def family(self):
        return list(self.client.family.select_related("person"))

    @cached_property
    def household(self):
        """(those one may open, how many more): who lives with the client and banks here."""
        if self.client.household_id is None:
            return [], 0
        rows = Client.objects.standing().filter(household=self.client.household_id).exclude(pk=self.client.pk)
        total, seen = rows.count(), rows.visible_to(self.user).order_by("pinyin", "pk")
        seen = list(seen[:HOUSEHOLD])
        return seen, total - len(seen)

    @cached_property
    def dates(self):
        return list(self.client.dates.all())

    @cached_property
    def life_events(self):
        return list(self.client.life_events.select_related("by")[:50])

    @cached_property
    def consents(self):
        return list(self.client.consents.select_related("by", "withdrawn_by")[:50])

    @property
    def in_force(self):
        """Purposes agreed to and not withdrawn."""
        return {row.purpose for row in self.consents if row.withdrawn_at is None}

    @cached_property
    def wishes(self):
        return list(self.client.wishes.all())

    @cached_property
    def holdings(self):
        """Contracts in force, the next to fall due first."""
        rows = self.client.holdings.held(self.today).select_related("product")
        return list(rows.order_by("matures_on", "-amount", "pk")[:200])

    @cached_property
    def balances(self):
        """The last months, newest first."""
        return list(self.client.balances.order_by("-month")[:MONTHS])

    @cached_property
    def evaluation(self):
        """The newest result of the evaluation, for those who read tiers; else None."""
        if not self.user.has(Permission.SEE_TIERS):
            return None
        rows = self.client.evaluations.select_related("run").order_by("-month", "-run_id")
        return rows.first()

    @cached_property
    def calendar(self):
        return calendar()

    def money(self, amount):
        """The amount for the manager, its band for others (domain-rules §4.3); "" for none."""
        if amount is None:
            return ""
        return _("{amount} yuan").format(amount=f"{amount:,.2f}") if self.own else masks.band_amount(amount)

    def name_of(self, member):
        """A relative's name: whole for the manager, else masked; of who banks here as the reader may see it."""
        if not member.name and member.person_id:
            return member.person.name_for(self.user)
        return member.name if self.own or not member.name else masks.mask_name(member.name)

    def total(self, *categories):
        """The sum of what is held in these categories; None when nothing is."""
        rows = [row.amount for row in self.holdings if row.product.category in categories]
        return sum(rows, Decimal(0)) if rows else None


def mask(field, value):
    """How a stored personal value of person or profile is shown before it is revealed."""
    text = str(value or "")
    if not text:
        return ""
    by_field = {
        "phone": masks.mask_phone,
        "landline": masks.mask_phone,
        "id_number": masks.mask_id,
        "address": masks.mask_address,
        "mailing_address": masks.mask_address,
        "email": masks.mask_email,
        "name": masks.mask_name,
    }
    return by_field.get(field, lambda text: "***")(text)


#: Fields of the profile that are shown masked and revealed for a purpose.
SECRET = ("mailing_address", "landline", "email", "wechat")
#: The same of the person.
PERSONAL = ("phone", "id_number", "address", *Client.REVEALABLE)
