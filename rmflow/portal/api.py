"""The API's addresses: /api/v1/ for machines of the bank, described at /api/schema/ and /api/docs/."""

from django.urls import include, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from clients.api import ClientViewSet
from clients.custody_api import ArchiveViewSet, DestructionViewSet, LoanViewSet
from clients.duplicates_api import DuplicateViewSet
from clients.loads_api import FileLoadViewSet
from clients.rights_api import RightsViewSet
from clients.segments_api import SegmentViewSet
from clients.tiers_api import EvaluationViewSet, PartViewSet
from complaints.closures_api import ClosureViewSet, RecognitionView
from complaints.complaint_api import ComplaintViewSet
from complaints.complaint_improve_api import ImprovementViewSet
from complaints.complaint_retention_api import ComplaintFileViewSet
from complaints.guides_api import GuideViewSet
from complaints.openings_api import OpeningViewSet
from followups.api import PlanItemViewSet
from followups.candidates_api import CandidateViewSet
from followups.chances_api import ChanceViewSet
from referrals.api import ReferralViewSet
from referrals.closing_api import ClosingViewSet
from referrals.statistics_api import MonthSignView, StatisticsView
from rmflow.privacy.history_api import ChangesView
from rmflow.staff import sittings
from rmflow.staff.tokens import StaffSession


class TokenView(APIView):
    """One's own API token: made and revoked only in a logged-in session, so that lockout, password
    rules and the second factor hold for machines too. Making a new one ends the old one."""

    authentication_classes = (StaffSession,)

    @extend_schema(
        request=None,
        responses={201: inline_serializer("NewToken", {"token": serializers.CharField()})},
    )
    def post(self, request):
        return Response({"token": sittings.new_token(request.user)}, status=201)

    @extend_schema(request=None, responses={204: OpenApiResponse(description="Revoked")})
    def delete(self, request):
        sittings.end_token(request.user)
        return Response(status=204)


router = SimpleRouter()
router.register("referrals", ReferralViewSet)
router.register("clients", ClientViewSet)
router.register("loads", FileLoadViewSet)
router.register("segments", SegmentViewSet)
router.register("duplicates", DuplicateViewSet)
router.register("evaluations", EvaluationViewSet, basename="evaluation")
router.register("archives", ArchiveViewSet)
router.register("loans", LoanViewSet)
router.register("destructions", DestructionViewSet)
router.register("data-requests", RightsViewSet, basename="data-request")
router.register("evaluation-parts", PartViewSet)
router.register("closing", ClosingViewSet, basename="closing")
router.register("candidates", CandidateViewSet)
router.register("plan-items", PlanItemViewSet)
router.register("closures", ClosureViewSet)
router.register("priority-register", GuideViewSet)
router.register("openings", OpeningViewSet)
router.register("complaints", ComplaintViewSet)
router.register("improvements", ImprovementViewSet)
router.register("chances", ChanceViewSet, "chance")
router.register("complaint-files", ComplaintFileViewSet, "complaint-file")

urlpatterns = [
    path("v1/token/", TokenView.as_view(), name="api-token"),
    path("v1/changes/", ChangesView.as_view(), name="api-changes"),
    path("v1/recognitions/", RecognitionView.as_view(), name="api-recognitions"),
    path("v1/statistics/<slug:view>/", StatisticsView.as_view(), name="api-statistics"),
    path("v1/statistics/months/<int:pk>/sign/", MonthSignView.as_view(), name="api-month-sign"),
    path("v1/", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api-schema", http_method_names=["get", "head"]),
        name="api-docs",
    ),
]
