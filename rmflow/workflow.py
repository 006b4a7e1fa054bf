"""States and refusals: the few words every sub-process shares.

A rule that says no raises `Refused`; somebody who was faster raises `Conflict`. Doors (pages, API,
tasks) never decide, they only translate: 422 or 409 on a page, 400 or 409 in the API (rmflow.doors).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A rule says no. `message` is for a person; `field` names the input it belongs to, if any.

    `errors` maps each input to its messages; "detail" stands for the whole form.
    """

    def __init__(self, message: Any, *, field: str | None = None, code: str = "refused") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code
        self.errors: dict[str, list[Any]] = {field or "detail": [message]}

    @classmethod
    def many(cls, errors: dict[str, Any]) -> "Refused":
        """One refusal for several inputs: `{field: message}`, in the order of the form."""
        first, message = next(iter(errors.items()))
        refusal = cls(message, field=first)
        refusal.errors = {name: [text] for name, text in errors.items()}
        return refusal

    def __str__(self) -> str:
        return str(self.message)


class Conflict(Refused):
    """Somebody was first, or the record moved on meanwhile."""

    def __init__(self, message: Any, *, field: str | None = None, code: str = "conflict") -> None:
        super().__init__(message, field=field, code=code)


@dataclass(frozen=True)
class Transition:
    """One arrow of a state diagram: from any of `sources` to `target`, for holders of `permission`."""

    label: Any
    sources: Collection[str]
    target: str
    permission: Any
    done: Any = field(default="", compare=False)

    def allows(self, state: str) -> bool:
        return state in self.sources

    def check(self, state: str) -> None:
        """Raise Conflict when a record in `state` cannot take this arrow (again)."""
        if not self.allows(state):
            raise Conflict(
                _("This step is no longer possible; the record has moved on."),
                code="state",
            )
