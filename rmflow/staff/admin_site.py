"""Reference data only, and only through our own login with its second factor."""

import functools

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

#: Top-level packages of this code base; models of any other have no page in the admin.
OURS = frozenset({"rmflow", "clients", "followups", "referrals", "complaints", "maintenance"})


class Site(AdminSite):
    """The admin of rmflow's own models; secrets and tokens of libraries have no page here."""

    site_header = site_title = _("Reference data")
    index_title = _("Reference data")
    enable_nav_sidebar = False

    def register(self, model_or_iterable, admin_class=None, **options):
        """Take models of rmflow; leave out those the libraries bring."""
        models = model_or_iterable
        models = [models] if isinstance(models, type) else list(models)
        ours = [model for model in models if model.__module__.partition(".")[0] in OURS]
        super().register(ours, admin_class, **options)

    def unregister(self, model_or_iterable):
        models = model_or_iterable
        models = [models] if isinstance(models, type) else list(models)
        super().unregister([model for model in models if self.is_registered(model)])

    def admin_view(self, view, cacheable=False):
        """A plain 403 for staff whose role has nothing to keep here."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def checked(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(_("Your role does not allow this."))
            return inner(request, *args, **kwargs)

        return checked

    def login(self, request, extra_context=None):
        """No second door: the stock login page would not ask for the second factor."""
        if request.user.is_authenticated:
            raise PermissionDenied(_("Your role does not allow this."))
        return HttpResponseRedirect(resolve_url("staff:login"))

    def logout(self, request, extra_context=None):
        from .views.sign_in import logout

        return logout(request)

    def password_change(self, request, extra_context=None):
        return HttpResponseRedirect(resolve_url("staff:password"))
