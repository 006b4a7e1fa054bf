"""Every write on a person: registering, verdict, archive, owner. Other floors call these, never save."""

from .persons import (
    change,
    change_contact,
    change_identity,
    complete,
    enrol,
    match,
    may_be_known,
    register,
    require_edit,
    stop_contact,
)
from .reveals import reveal
from .timeline import note
from .verdicts import assign, decide, open_archive, set_owner

__all__ = [
    "assign",
    "change",
    "change_contact",
    "change_identity",
    "complete",
    "decide",
    "enrol",
    "match",
    "may_be_known",
    "note",
    "open_archive",
    "register",
    "require_edit",
    "reveal",
    "set_owner",
    "stop_contact",
]
