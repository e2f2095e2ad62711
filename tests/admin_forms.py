"""The admin's forms as a browser gets them and sends them back."""

from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, querydict_from_html, streamfield


def edit_url(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def form_in(html, body):
    """The form of a page of the admin as a browser sends it; a script fills in the body."""
    data = querydict_from_html(html, form_id="page-edit-form").dict()
    return data | nested_form_data({"body": streamfield(body)})


def loaded(client, page, **changes):
    """The editor's form of a page as the browser got it, with what was typed into it."""
    html = client.get(edit_url(page)).content.decode()
    body = [(block.block_type, block.value) for block in newest(page).body]
    return form_in(html, changes.pop("body", body)) | changes


def newest(page):
    return type(page).objects.get(pk=page.pk).get_latest_revision_as_object()
