"""A file that a released text shows stays what it was, whoever saves it."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import ProtectedError
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.forms import get_image_form

from organisations.services import collection_of
from policies.models import PolicyAttachment
from policies.services import Refused
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="6"><path d="M0 0h8v6z"/></svg>'


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def bureau():
    return make.team("LC-BG")


def stored(model, bureau, name, content):
    return model.objects.create(
        title=name, file=ContentFile(content, name), collection=collection_of(bureau.organisation)
    )


@pytest.fixture
def form(bureau):
    return stored(get_document_model(), bureau, "form.txt", b"a form")


@pytest.fixture
def picture(bureau):
    return stored(get_image_model(), bureau, "map.svg", SVG.format(8).encode())


@pytest.fixture
def page(bureau, form, picture):
    """A released policy with an attachment and a picture in its text."""
    page = make.policy(bureau)
    page.attachments = [PolicyAttachment(title="申请表", document=form)]
    page.body = [("text", make.LAW), ("picture", {"image": picture, "alternative": "图"})]
    page.save_revision(user=bureau.drafter)
    return make.review(page, bureau)


def content(file):
    with type(file).objects.get(pk=file.pk).file.open("rb") as opened:
        return opened.read()


def refuses_another(file):
    before = content(file)
    file.file = ContentFile(SVG.format(5).encode(), f"another.{file.file.name[-3:]}")
    with pytest.raises(Refused), transaction.atomic():
        file.save()
    with pytest.raises((Refused, ProtectedError)), transaction.atomic():
        type(file).objects.get(pk=file.pk).delete()
    return content(file) == before


def test_the_file_of_a_released_attachment_is_neither_replaced_nor_deleted(page, form):
    assert refuses_another(form)


def test_a_picture_in_a_released_text_is_neither_replaced_nor_deleted(page, picture):
    assert refuses_another(picture)


def test_a_picture_in_a_released_interpretation_is_neither_replaced_nor_deleted(
    bureau, page, picture
):
    drawing = stored(get_image_model(), bureau, "why.svg", SVG.format(9).encode())
    body = [("picture", {"image": drawing, "alternative": "图"})]
    make.review(make.interpretation(bureau, page, body=body), bureau)
    assert refuses_another(drawing)


def test_what_only_an_older_text_shows_is_kept_too(bureau, page, form, picture):
    make.correct(page, bureau, attachments=[], body=[("text", make.LAW)])
    assert refuses_another(form)
    assert refuses_another(picture)


def test_its_title_may_change(page, form, picture):
    for file in (form, picture):
        file.title = "新名称"
        file.save()
        assert type(file).objects.get(pk=file.pk).title == "新名称"


def test_the_file_of_a_draft_may_be_replaced(bureau, form):
    draft = make.policy(bureau)
    draft.attachments = [PolicyAttachment(title="申请表", document=form)]
    draft.save_revision(user=bureau.drafter)
    form.file = ContentFile(b"another", "form.txt")
    form.save()
    assert content(form) == b"another"


def posted(file, upload):
    return {"title": "新", "file": upload, "tags": "", "collection": file.collection_id}


def test_the_editor_reads_what_to_do_instead(client, bureau, page, form):
    client.force_login(bureau.drafter)
    upload = SimpleUploadedFile("form.txt", b"another form")
    answer = client.post(reverse("wagtaildocs:edit", args=[form.pk]), posted(form, upload))
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert answer.context["form"].errors["file"][0] in answer.content.decode()
    assert content(form) == b"a form"


def test_the_form_of_a_picture_refuses_another_file(bureau, page, picture):
    before = content(picture)
    upload = SimpleUploadedFile("map.svg", SVG.format(7).encode(), content_type="image/svg+xml")
    asked = get_image_form(get_image_model())(
        posted(picture, upload), {"file": upload}, instance=picture, user=bureau.drafter
    )
    assert set(asked.errors) == {"file"}
    assert content(picture) == before


def test_the_editor_may_replace_the_file_of_a_draft(client, bureau, form):
    client.force_login(bureau.drafter)
    answer = client.post(
        reverse("wagtaildocs:edit", args=[form.pk]),
        posted(form, SimpleUploadedFile("form.txt", b"another form")),
    )
    assert answer.status_code == 302
    assert content(form) == b"another form"


def test_deleting_it_in_the_admin_is_a_message(client, page, form):
    client.force_login(make.administrator())
    answer = client.post(reverse("wagtaildocs:delete", args=[form.pk]), follow=True)
    assert answer.status_code == 200
    assert content(form) == b"a form"
