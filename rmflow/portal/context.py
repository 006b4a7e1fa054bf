"""The shell's variables on every page."""

from django.utils.functional import SimpleLazyObject

from .frame import Shell


def shell(request):
    """`{"shell": …}`, built only when a template asks for it."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
