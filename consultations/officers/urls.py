"""The officers' addresses, below those of the admin."""

from django.urls import path

from consultations.officers import entering, exemptions, exporting, reading

ONE = "<int:page_id>/comments/"

urlpatterns = [
    path(ONE, reading.comments, name="comments"),
    path(f"{ONE}decide/", reading.decide, name="decide"),
    path(f"{ONE}enter/", entering.enter, name="enter"),
    path(f"{ONE}enter-many/", entering.enter_many, name="enter_many"),
    path(f"{ONE}template/", entering.template, name="template"),
    path(f"{ONE}export/", exporting.export, name="export"),
    path(f"{ONE}<int:comment_id>/", reading.comment, name="comment"),
    path(f"{ONE}files/<int:attachment_id>/", reading.attachment, name="comment_file"),
    path("exemptions/", exemptions.exemptions, name="exemptions"),
    path("exemptions/ask/", exemptions.ask, name="ask_exemption"),
    path("exemptions/<int:request_id>/", exemptions.exemption, name="exemption"),
]
