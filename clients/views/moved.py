"""Old links of a record that was merged lead to who took its place (B-21)."""

from functools import wraps

from django.shortcuts import redirect
from django.urls import reverse

from ..models import Client


def follows_merges(view):
    """A page of one client, by `pk`: 404 outside the scope, a redirect where the record was merged."""

    @wraps(view)
    def page(request, pk, **more):
        try:
            return view(request, pk, **more)
        except Client.DoesNotExist:
            standing = Client.objects.who_took(pk)
            if (
                request.method != "GET"
                or not Client.objects.visible_to(request.user).filter(pk=standing).exists()
            ):
                raise
            match = request.resolver_match
            query = request.META.get("QUERY_STRING", "")
            address = reverse(match.view_name, kwargs={**match.kwargs, "pk": standing})
            return redirect(f"{address}?{query}" if query else address)

    return page
