"""Every address; each app brings its own. They are tried in this order: the busiest stand first."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("rmflow.portal.urls")),
    path("clients/", include("clients.urls")),
    path("", include("referrals.urls")),
    path("", include("followups.urls")),
    path("", include("rmflow.staff.urls")),
    path("api/", include("rmflow.portal.api")),
    path("", include("complaints.urls")),
    path("", include("complaints.closure_urls")),
    path("openings/", include("complaints.opening_urls")),
    path("tiers/", include("clients.tier_urls")),
    path("loads/", include("clients.load_urls")),
    path("archives/", include("clients.custody_urls")),
    path("rights/", include("clients.rights_urls")),
    path("admin/", admin.site.urls),
    path("notices/", include("rmflow.notices.urls")),
    path("privacy/", include("rmflow.privacy.urls")),
    path("workdays/", include("rmflow.workdays.urls")),
]
