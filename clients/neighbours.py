"""What the apps above know of a person and this floor must ask for (`settings.CLIENTS_NEIGHBOURS`).

Each named module answers three questions: `open_with()` gives querysets of the ids of clients with whom work
is open, `notice_keys(client_ids)` the beginnings of the keys of its notices about them, and
`stop_contact(client, by)` takes planned contacts off. One that keeps files of its own on lists of destruction
also has `listed(batch)`, `end_list(batch, by)` and `carry_out(batch, by, today)`. They stand above, so they are
named and not imported.
"""

from importlib import import_module

from django.conf import settings


def _modules():
    return [import_module(path) for path in settings.CLIENTS_NEIGHBOURS]


def without_open_work(clients):
    """The clients of the queryset with whom nothing is under way anywhere."""
    for module in _modules():
        for ids in module.open_with():
            clients = clients.exclude(pk__in=ids)
    return clients


def with_open_work(client_ids):
    """Those of `client_ids` with whom something is under way."""
    return {
        pk
        for module in _modules()
        for ids in module.open_with()
        for pk in ids.filter(client__in=client_ids).values_list("client", flat=True)
    }


def notice_keys(client_ids):
    return [key for module in _modules() for key in module.notice_keys(client_ids)]


def stop_contact(client, *, by):
    """Nobody reaches the client any more: open plans are dropped."""
    for module in _modules():
        module.stop_contact(client, by=by)


def _keepers():
    return [module for module in _modules() if hasattr(module, "carry_out")]


def listed(batch):
    """Rows of files of the apps above on a list of destruction."""
    return [row for module in _keepers() for row in module.listed(batch)]


def end_list(batch, *, by):
    """The list was refused or withdrawn."""
    for module in _keepers():
        module.end_list(batch, by=by)


def carry_out(batch, *, by, today):
    """The witness has signed: what the apps above have on the list is destroyed."""
    for module in _keepers():
        module.carry_out(batch, by=by, today=today)
