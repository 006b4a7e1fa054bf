"""Reviews (核查) that wait for their decision: the office's list and the desk's count."""

from django.db.models import Count, Q

from ..models import Complaint, Review


def open_reviews(user):
    """Reviews not decided yet, the nearest day first; none from which `user` keeps out."""
    visible = Complaint.objects.visible_to(user).values("pk")
    rows = Review.objects.filter(outcome="", complaint__in=visible)
    return rows.select_related("complaint__branch", "complaint__handler").order_by("due_on", "pk")


def count_reviews(user, *, today):
    """How many are open, and how many of them are past their day: one query."""
    return (
        open_reviews(user)
        .order_by()
        .aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
    )
