"""The officers' addresses, below those of the admin."""

from django.urls import path

from consultations.officers import (
    board,
    documents,
    entering,
    exemptions,
    exporting,
    grouping,
    opinions,
    reading,
    statement,
)

ONE = "<int:page_id>/comments/"
ANSWERS = "<int:page_id>/answers/"

urlpatterns = [
    path(ONE, reading.comments, name="comments"),
    path(f"{ONE}decide/", reading.decide, name="decide"),
    path(f"{ONE}enter/", entering.enter, name="enter"),
    path(f"{ONE}enter-many/", entering.enter_many, name="enter_many"),
    path(f"{ONE}template/", entering.template, name="template"),
    path(f"{ONE}export/", exporting.export, name="export"),
    path(f"{ONE}<int:comment_id>/", reading.comment, name="comment"),
    path(f"{ONE}files/<int:attachment_id>/", reading.attachment, name="comment_file"),
    path(ANSWERS, board.board, name="answers"),
    path(f"{ANSWERS}groups/", grouping.groups, name="groups"),
    path(f"{ANSWERS}groups/<int:group_id>/", grouping.group, name="group"),
    path(f"{ANSWERS}opinions/", opinions.opinions, name="opinions"),
    path(f"{ANSWERS}opinions/<int:opinion_id>/", opinions.opinion, name="opinion"),
    path(f"{ANSWERS}comments/<int:comment_id>/", opinions.map_passage, name="map_passage"),
    path(f"{ANSWERS}opinions.docx", documents.opinions, name="opinions_docx"),
    path(f"{ANSWERS}statement.docx", documents.statement, name="statement_docx"),
    path(f"{ANSWERS}statement/", statement.statement, name="statement"),
    path(f"{ANSWERS}statement/<uuid:statement_id>/", statement.signed, name="signed_statement"),
    path("concentration/", statement.concentration, name="concentration"),
    path("exemptions/", exemptions.exemptions, name="exemptions"),
    path("exemptions/ask/", exemptions.ask, name="ask_exemption"),
    path("exemptions/<int:request_id>/", exemptions.exemption, name="exemption"),
]
