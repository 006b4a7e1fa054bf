"""Django's SMTP backend, with a pause before the last three bytes of a message.

Until `CR LF . CR LF` is complete the server has no message: a worker that dies before has sent
nothing. `before_end` is called there, to write down that the message is as good as sent.
"""

import smtplib

from django.core.mail.backends.smtp import EmailBackend

END = b".\r\n"


class _Announcing:
    """An SMTP connection that calls `before_end` between a message and its end."""

    before_end = None
    in_data = False

    def data(self, msg):
        self.in_data = True
        try:
            return super().data(msg)
        finally:
            self.in_data = False

    def send(self, s):
        if self.in_data and self.before_end and isinstance(s, bytes) and s.endswith(b"\r\n" + END):
            super().send(s[: -len(END)])
            self.before_end()
            s = END
        super().send(s)


class _Plain(_Announcing, smtplib.SMTP):
    pass


class _Encrypted(_Announcing, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    """`EMAIL_BACKEND = "rmflow.notices.smtp.Backend"`."""

    before_end = None

    @property
    def connection_class(self):
        return _Encrypted if self.use_ssl else _Plain

    def _send(self, email_message):
        self.connection.before_end = self.before_end
        return super()._send(email_message)
