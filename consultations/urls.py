"""Permanent addresses of consultations: a move in the tree or a new name changes none of them."""

from django.urls import path

from consultations import feeds, views

app_name = "consultations"

ONE = "consultations/<slug:slug>/"

urlpatterns = [
    path("consultations/", views.listing, name="list"),
    path("consultations/feed/", feeds.atom, name="feed"),
    path("consultations/calendar.ics", feeds.calendar, name="calendar"),
    path("consultations/board/", views.board, name="board"),
    path("consultations/board.csv", views.board_csv, name="board_csv"),
    path("consultations/exemptions/", views.exemptions, name="exemptions"),
    path("consultations/following/<str:token>/", views.following, name="following"),
    path("receipts/", views.receipts, name="receipts"),
    path(ONE, views.consultation, name="consultation"),
    path(f"{ONE}comments/", views.comments, name="comments"),
    path(f"{ONE}comment/", views.comment, name="comment"),
    path(f"{ONE}receipt/", views.receipt, name="receipt"),
    path(f"{ONE}changes/", views.changes, name="changes"),
    path(f"{ONE}statement/", views.statement, name="statement"),
    path(f"{ONE}statement/<int:seq>/", views.statement, name="statement_version"),
    path(f"{ONE}print/", views.print_sheet, name="print"),
    path(f"{ONE}follow/", views.follow, name="follow"),
    path(f"{ONE}calendar.ics", feeds.calendar_of_one, name="calendar_of_one"),
    path(f"{ONE}attachments/<int:pk>/", views.attachment, name="attachment"),
]
