"""How complete a client's record is, and what to ask next time: pure functions (B-18)."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Prompts shown at a time: what a manager can ask in one talk.
PROMPTS = 3


@dataclass(frozen=True)
class Item:
    """One thing to know: its weight, the words of the prompt, the part of the page that holds it."""

    key: str
    weight: int
    ask: Any
    part: str


#: The weights add up to 100. What changes offers or the duty of care weighs most.
ITEMS = (
    Item("phone", 8, _("phone number"), "basic"),
    Item("risk", 10, _("risk assessment, which is missing or past"), "buying"),
    Item("family", 8, _("who is in the family"), "family"),
    Item("elsewhere", 8, _("assets at other banks, and when they fall due"), "account"),
    Item("cares", 8, _("what the client cares for most"), "needs"),
    Item("identity", 6, _("ID document"), "basic"),
    Item("born", 6, pgettext_lazy("prompt", "date of birth"), "basic"),
    Item("job", 6, _("occupation and its class"), "basic"),
    Item("income", 6, _("family income"), "basic"),
    Item("wants", 6, _("plans of the coming months"), "needs"),
    Item("preferences", 5, _("products the client likes"), "buying"),
    Item("dates", 5, _("days to remember"), "family"),
    Item("consent", 4, _("consent to be told about products"), "consents"),
    Item("reach", 4, _("best way and hour to call"), "basic"),
    Item("habits", 3, _("how the client decides and buys"), "buying"),
    Item("hobbies", 3, pgettext_lazy("prompt", "hobbies"), "basic"),
    Item("address", 2, _("where the client lives"), "basic"),
    Item("employer", 1, _("where the client works"), "basic"),
    Item("education", 1, pgettext_lazy("prompt", "education"), "basic"),
)


@dataclass(frozen=True)
class Completeness:
    """The score, and the prompts worth most."""

    percent: int
    prompts: tuple
    after: int  # the score once the prompts are answered


def score(known: set) -> Completeness:
    """`known`: the keys of what is on record."""
    have = sum(item.weight for item in ITEMS if item.key in known)
    missing = sorted((item for item in ITEMS if item.key not in known), key=lambda item: -item.weight)
    prompts = tuple(missing[:PROMPTS])
    return Completeness(have, prompts, have + sum(item.weight for item in prompts))


def known_of(client, profile, *, family: int, dates: int, consents: set, today: datetime.date) -> set:
    """The keys on record: `profile` may be None, the rest are counts and purposes in force."""
    facts = {
        "phone": client.phone,
        "identity": client.id_number,
        "born": client.birth_date,
        "education": client.education,
        "family": family,
        "dates": dates,
        "consent": "marketing" in consents,
        "address": client.address,
    }
    if profile is not None:
        valid = profile.risk_valid_until is None or profile.risk_valid_until >= today
        facts |= {
            "job": profile.job_class,
            "income": profile.family_income is not None,
            "reach": profile.contact_channel or profile.contact_hours,
            "risk": profile.risk_tolerance and valid,
            "elsewhere": profile.other_bank_assets is not None,
            "cares": profile.cares_most,
            "wants": profile.wants,
            "preferences": profile.preferences,
            "habits": profile.habits or profile.experience,
            "hobbies": profile.hobbies,
            "address": client.address or profile.district,
            "employer": profile.employer,
        }
    return {key for key, value in facts.items() if value}
