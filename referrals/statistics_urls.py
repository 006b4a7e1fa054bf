"""Addresses of the statistics, their workbooks and prints."""

from django.urls import path

from .views import behind, breakdown, deals, exports, prints, statistics

urlpatterns = [
    path("statistics/", statistics.page, name="statistics"),
    path("statistics/rows/", behind.rows, name="statistics_rows"),
    path("statistics/table/", breakdown.page, name="statistics_table"),
    path("statistics/print/", prints.table_form, name="statistics_print"),
    path("statistics/excel/", exports.start, name="statistics_excel"),
    path("statistics/compile/", statistics.compile_month, name="month_compile"),
    path("statistics/months/<int:pk>/sign/", statistics.sign, name="month_sign"),
    path("referrals/<int:pk>/print/", prints.slip, name="slip_print"),
    path("referrals/<int:pk>/deal/", deals.from_slip, name="slip_deal"),
]
