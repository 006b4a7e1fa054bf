"""What the apps above know of a person and this floor must ask for (`settings.CLIENTS_NEIGHBOURS`).

Each named module answers three questions: `open_with()` gives querysets of the ids of clients with whom work
is open, `notice_keys(client_ids)` the beginnings of the keys of its notices about them, and
`stop_contact(client, by)` takes planned contacts off. They stand above, so they are named and not imported.
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
