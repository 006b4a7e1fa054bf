"""Addresses of contact marketing."""

from django.urls import path

from .views import candidates, chances, client, item, near, records, today, worklog

app_name = "followups"

urlpatterns = [
    path("today/", today.today, name="today"),
    path("today/new/", today.new_plan, name="new_plan"),
    path("today/clients/", today.own_clients, name="own_clients"),
    path("today/<int:item_id>/", item.show, name="item"),
    path("today/<int:item_id>/phone/", item.phone, name="phone"),
    path("today/<int:item_id>/record/", item.record, name="record"),
    path("today/<int:item_id>/prepare/", item.prepare, name="prepare"),
    path("today/<int:item_id>/postpone/", item.postpone, name="postpone"),
    path("today/<int:item_id>/done/", item.done, name="done"),
    path("today/<int:item_id>/give-up/", item.give_up, name="give_up"),
    path("today/<int:item_id>/restore/", item.restore, name="restore"),
    path("followups/client/<int:client_id>/", client.next_step, name="next_step"),
    path("followups/candidates/", candidates.page, name="candidates"),
    path("followups/candidates/<int:pk>/take/", candidates.take, name="candidate_take"),
    path("followups/candidates/<int:pk>/dismiss/", candidates.dismiss, name="candidate_dismiss"),
    path("followups/chances/", chances.page, name="chances"),
    path("followups/chances/<int:pk>/<slug:name>/", chances.step, name="chance_step"),
    path("followups/near/", near.page, name="near"),
    path("followups/near/all/", near.plan_all, name="near_all"),
    path("followups/near/<int:client_id>/plan/", near.plan, name="near_plan"),
    path("followups/", records.index, name="records"),
    path("followups/<int:record_id>/", records.show, name="record_sheet"),
    path("followups/<int:record_id>/analysis/", records.analysis, name="analysis"),
    path("followups/<int:record_id>/abandon/", records.abandon, name="abandon"),
    path("followups/<int:record_id>/judge/", records.judge, name="judge"),
    path("worklog/", worklog.worklog, name="worklog"),
    path("worklog/print/", worklog.paper, name="worklog_print"),
]
