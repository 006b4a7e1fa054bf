"""What is asked about a client (domain-rules §1.5), in codes; religion, health and politics are not."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .rules import ProductCategory


class JobClass(TextChoices):
    """Occupations as the scorecard tells them apart (domain-rules §2.3)."""

    LEADER = "leader", _("Owner, executive or professional")
    PUBLIC = "public", _("Civil servant, teacher or state-owned management")
    STABLE = "stable", _("Employee or self-employed")
    RETIRED = "retired", _("Retired with a pension")
    OTHER = "other", _("Other occupation")


class RiskTolerance(TextChoices):
    """What losses a client can bear, by the last assessment."""

    C1 = "C1", _("C1 cautious")
    C2 = "C2", _("C2 steady")
    C3 = "C3", _("C3 balanced")
    C4 = "C4", _("C4 growth")
    C5 = "C5", _("C5 aggressive")


class ProductRisk(TextChoices):
    """The risk class of a product."""

    R1 = "R1", _("R1 low")
    R2 = "R2", _("R2 medium low")
    R3 = "R3", _("R3 medium")
    R4 = "R4", _("R4 medium high")
    R5 = "R5", _("R5 high")


class Activity(TextChoices):
    """How often a client does business."""

    HIGH = "high", pgettext_lazy("activity", "Busy")
    MIDDLE = "middle", pgettext_lazy("activity", "Now and then")
    LOW = "low", pgettext_lazy("activity", "Seldom")
    ASLEEP = "asleep", pgettext_lazy("activity", "Asleep")


class PriceSensitivity(TextChoices):
    HIGH = "high", pgettext_lazy("price", "Compares rates and fees")
    MIDDLE = "middle", pgettext_lazy("price", "Asks about them")
    LOW = "low", pgettext_lazy("price", "Does not mind")


class Experience(TextChoices):
    """How long a client has invested."""

    NONE = "none", pgettext_lazy("experience", "None")
    SHORT = "short", _("Less than two years")
    MIDDLE = "middle", _("Two to five years")
    LONG = "long", _("More than five years")


class Habit(TextChoices):
    """How a client buys."""

    COUNTER = "counter", _("Buys at the counter")
    MOBILE = "mobile", _("Buys on the phone")
    RENEWS = "renews", _("Renews when due")
    SHORT_TERM = "short_term", _("Keeps terms short")
    LONG_TERM = "long_term", _("Holds for years")
    COMPARES = "compares", _("Compares several banks")
    FAMILY = "family", _("Decides with the family")
    ADVICE = "advice", _("Follows the manager's advice")


class Hobby(TextChoices):
    TRAVEL = "travel", pgettext_lazy("hobby", "Travel")
    FITNESS = "fitness", pgettext_lazy("hobby", "Sports and fitness")
    BALL = "ball", pgettext_lazy("hobby", "Ball games")
    TEA = "tea", pgettext_lazy("hobby", "Tea")
    FOOD = "food", pgettext_lazy("hobby", "Food")
    READING = "reading", pgettext_lazy("hobby", "Reading")
    CALLIGRAPHY = "calligraphy", pgettext_lazy("hobby", "Calligraphy and painting")
    MUSIC = "music", pgettext_lazy("hobby", "Music and theatre")
    PHOTO = "photo", pgettext_lazy("hobby", "Photography")
    FISHING = "fishing", pgettext_lazy("hobby", "Fishing")
    CHESS = "chess", pgettext_lazy("hobby", "Chess and cards")
    GARDEN = "garden", pgettext_lazy("hobby", "Plants and pets")
    CARS = "cars", pgettext_lazy("hobby", "Cars")
    COLLECTING = "collecting", pgettext_lazy("hobby", "Collecting")
    PARENTING = "parenting", pgettext_lazy("hobby", "Children's education")
    WELLBEING = "wellbeing", pgettext_lazy("hobby", "Healthy living")


class Care(TextChoices):
    """Elements of service a client cares for most or least (deck 71)."""

    TRAINING = "training", _("Courses on investing")
    SALONS = "salons", _("Salons and activities")
    PLANNING = "planning", _("A financial plan")
    PROMPTNESS = "promptness", _("Prompt answers")
    PROFESSION = "profession", _("Sound professional advice")
    RETURNS = "returns", _("Returns and rates")
    SAFETY = "safety", _("Safety of the money")
    PRIVACY = "privacy", _("Privacy")
    WAITING = "waiting", _("No waiting at the branch")
    GREETINGS = "greetings", _("Greetings and small gifts")
    NEWS = "news", _("Market news")
    BENEFITS = "benefits", _("Benefits and rights of the card")


class ContactWay(TextChoices):
    """Ways to reach a client; the codes are those of a contact (followups)."""

    PHONE = "phone", _("Phone call")
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeCom")
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    LETTER = "letter", _("Letter")
    VISIT = "visit", _("Meeting in person")


class ContactHours(TextChoices):
    """When a client likes to be reached."""

    MORNING = "morning", _("Weekday mornings")
    NOON = "noon", _("Noon")
    AFTERNOON = "afternoon", _("Weekday afternoons")
    EVENING = "evening", _("After 18:00")
    WEEKEND = "weekend", _("Weekends")
    ANY = "any", _("Any time")


class Secrecy(TextChoices):
    """Who may read the archive beyond name and type."""

    BRANCH = "branch", _("Internal")
    MANAGERS = "managers", _("Manager, backup, head and supervisor only")


class Relation(TextChoices):
    SPOUSE = "spouse", pgettext_lazy("relation", "Spouse")
    CHILD = "child", pgettext_lazy("relation", "Child")
    PARENT = "parent", pgettext_lazy("relation", "Parent")
    IN_LAW = "in_law", pgettext_lazy("relation", "Parent-in-law")
    SIBLING = "sibling", pgettext_lazy("relation", "Brother or sister")
    GRANDCHILD = "grandchild", pgettext_lazy("relation", "Grandchild")
    OTHER = "other", pgettext_lazy("relation", "Other relative")


class DateKind(TextChoices):
    BIRTHDAY = "birthday", _("Client's birthday")
    WEDDING = "wedding", _("Wedding anniversary")
    FAMILY = "family", _("Birthday in the family")
    BUSINESS = "business", _("Anniversary of the business")
    OTHER = "other", _("Other day to remember")


class LifeEventKind(TextChoices):
    """Turns in a life that change what somebody needs."""

    MARRIAGE = "marriage", _("Married")
    BIRTH = "birth", _("A child was born")
    SCHOOL = "school", _("A child begins school or studies")
    ABROAD = "abroad", _("Studies or emigration abroad")
    JOB = "job", _("New job or post")
    BUSINESS = "business", _("Founded or sold a business")
    HOUSE = "house", _("Bought or sold a home")
    MOVE = "move", _("Moved house")
    RETIREMENT = "retirement", pgettext_lazy("life event", "Retired")
    DIVORCE = "divorce", pgettext_lazy("life event", "Divorced")
    BEREAVEMENT = "bereavement", _("Death in the family")
    OTHER = "other", pgettext_lazy("life event", "Other")


class ConsentPurpose(TextChoices):
    """What a client was told and agreed to, each on its own."""

    SERVICE = "service", _("Keep an archive and serve the client")
    MARKETING = "marketing", _("Tell about products and activities")
    EVALUATION = "evaluation", _("Evaluate the client by a scorecard")
    FAMILY = "family", _("Keep data of the family")
    PARTNERS = "partners", _("Pass data on to product partners")


#: Services that are held like a product and owe nothing (the scorecard counts them).
SERVICES = frozenset(
    {
        ProductCategory.MOBILE,
        ProductCategory.PAYROLL,
        ProductCategory.BILL_PAY,
        ProductCategory.QUICK_PAY,
        ProductCategory.CUSTODY,
        ProductCategory.FOREX,
        ProductCategory.CARD,
    }
)
#: What a client owes, not owns.
DEBTS = frozenset({ProductCategory.LOAN})
