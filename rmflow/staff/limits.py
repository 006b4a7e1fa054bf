"""How long a login lasts and how a password is kept (domain-rules §4.2)."""

from datetime import timedelta

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=10)
#: How often activity is written down; idle ends within this much before the 15 minutes.
ACTIVITY_GRAIN = timedelta(seconds=30)
PASSWORD_AGE = timedelta(days=90)
PASSWORDS_REMEMBERED = 5
PASSWORD_LENGTH = 10
PASSWORD_CLASSES = 3
#: From the right password to the right code of the second factor.
SECOND_STEP = timedelta(minutes=5)
SECOND_STEP_TRIES = 5
RECOVERY_CODES = 10
#: Text typed before a login may wait this long in the browser's page.
KEPT_TEXT = timedelta(hours=2)
KEPT_BYTES = 256 * 1024
#: Requests that are made by the page, not by the person.
POLL_PATHS = ("/notices/poll/",)
BACKGROUND_HEADERS = ("HTTP_X_BACKGROUND", "HTTP_HX_POLL")  # names in request.META
