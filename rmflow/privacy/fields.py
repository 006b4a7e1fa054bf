"""A text column that is ciphertext in PostgreSQL and plain text in Python.

It cannot be searched, on purpose: two equal values have different tokens, so an equality filter would
quietly find nothing. Look up by a blind index in a column beside it.
"""

from django.core.exceptions import FieldError
from django.db import models

from . import crypto


class EncryptedField(models.TextField):
    """Encrypted text. Give no `db_index` or `unique`; pghistory copies the token as it is.

    `context` is what the token is bound to (default: the field's name). Name it when the field is
    renamed, so that old tokens still open.
    """

    description = "Encrypted text"

    def __init__(self, *args, context=None, **kwargs):
        self._context = context
        super().__init__(*args, **kwargs)

    @property
    def context(self):
        return self._context or self.name

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        if self._context:
            kwargs["context"] = self._context
        return name, path, args, kwargs

    def from_db_value(self, value, expression, connection):
        return crypto.decrypt(value, self.context) if value else value

    def get_db_prep_value(self, value, connection, prepared=False):
        """Every way in ends here: save, bulk_create, bulk_update, update."""
        if value is None or value == "" or hasattr(value, "as_sql"):
            return value
        return crypto.encrypt(str(value), self.context)

    def value_to_string(self, obj):
        """`dumpdata` and other serializers get the token, never the text."""
        value = self.value_from_object(obj)
        return crypto.encrypt(value, self.context) if value else ""

    def db_check(self, connection):
        """PostgreSQL itself refuses plain text here, by COPY or by hand."""
        column = connection.ops.quote_name(self.column)
        return f"{column} = '' OR {column} ~ '{crypto.TOKEN}'"

    def get_lookup(self, lookup_name):
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self.name} is encrypted and cannot be filtered by {lookup_name}; use its blind index."
        )

    def get_transform(self, lookup_name):
        raise FieldError(f"{self.name} is encrypted; nothing can be computed from it in the database.")
