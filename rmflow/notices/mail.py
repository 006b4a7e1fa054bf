"""The e-mail channel. The e-mail itself can never go out twice (decision 0030)."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _
from django.utils.translation import override

from .channel import Never, NotNow, Unclear, message


def address(user) -> str:
    """Where `user` gets e-mail; empty when there is no address."""
    return user.email


class Mailer:
    """One connection for a run of deliveries; `away` once the server did not answer."""

    def __init__(self):
        self.connection = get_connection()
        self.away = False

    def send(self, delivery, hand_over):
        """Send; `hand_over()` is called when all but the end of the message has left."""
        self.connection.before_end = hand_over
        try:
            self.connection.open()
            _compose(delivery, self.connection).send()
        except smtplib.SMTPRecipientsRefused as error:
            self._drop()
            code = next(iter(error.recipients.values()))[0]
            raise (Never if code >= 500 else NotNow)(f"SMTP {code}") from error
        except smtplib.SMTPDataError as error:
            self._drop()
            refused = Never if error.smtp_code >= 500 else NotNow
            raise refused(f"SMTP {error.smtp_code}") from error
        except smtplib.SMTPResponseException as error:  # log-in, sender: ours to mend, so keep it
            self._drop()
            raise NotNow(f"SMTP {error.smtp_code}") from error
        except OSError as error:  # SMTPException is one too
            self._drop()
            self.away = True
            over = Unclear if delivery.handed_over_at else NotNow
            raise over(type(error).__name__) from error
        except BaseException:  # lost lease, database away, worker told to stop: never say the end
            self._drop()
            raise

    def _drop(self):
        """Cut the line without a polite QUIT: inside DATA that would be read as text."""
        line = getattr(self.connection, "connection", None)
        if line is not None:
            line.close()
            self.connection.connection = None

    def close(self):
        try:
            self.connection.close()
        except OSError:
            self._drop()


def _compose(delivery, connection):
    said = message(delivery.notice)
    with override(delivery.notice.recipient.language or settings.LANGUAGE_CODE):
        subject = _("rmflow: {text}").format(text=said.text)
        body = _("{text}\n\nOpen: {link}\n\nThis message was sent by rmflow; nobody reads replies.")
    return EmailMessage(
        subject=subject,
        body=body.format(text=said.text, link=said.link),
        to=[delivery.notice.recipient.email],
        headers={
            "Message-ID": message_id(delivery),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
        connection=connection,
    )


def message_id(delivery) -> str:
    """The same for each attempt, so that mail stores can drop a second copy."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<delivery-{delivery.pk}@{domain}>"
