"""An account or card on a record: its last four digits, never the whole number."""

import re

from django.utils.translation import gettext as _

from rmflow.privacy import normal
from rmflow.workflow import Refused

LONGEST = 40
#: Seven digits and more, also in groups: no tail any more but a number. The database asks the same.
WHOLE_NUMBER = r"[0-9]([ -]?[0-9]){6,}"


def tail(text):
    """What is kept of a typed account: words as they are, a whole number cut to its last four digits."""
    try:
        clean = normal.line(normal.fold(text), LONGEST, _("At most {n} characters."))
    except Refused as refusal:
        raise Refused(refusal.message, field="account") from refusal
    return re.sub(WHOLE_NUMBER, lambda found: found[0].replace(" ", "").replace("-", "")[-4:], clean)
