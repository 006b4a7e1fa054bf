"""The bank's clock: Asia/Shanghai, whatever the server's time zone.

The only place from which rules get their dates; `today` is handed on as an argument from here.
"""

from rmflow.staff.models import BANK_TIME as SHANGHAI
from rmflow.staff.models import bank_now as now
from rmflow.staff.models import bank_today as today

__all__ = ["SHANGHAI", "now", "today"]
