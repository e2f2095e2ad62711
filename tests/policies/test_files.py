"""A file is the public's from the moment on that something released shows it."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from organisations.services import collection_of
from policies.models import PolicyAttachment
from policies.services import reinstate, withdraw
from tests import factories as make

pytestmark = [
    pytest.mark.django_db,
    # Wagtail leaves it to the collector to close what it renders small pictures into.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" width="40" height="20">
<script>alert(1)</script><rect width="40" height="20"/></svg>"""


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.REQUIRE_SECOND_FACTOR = False


@pytest.fixture
def team():
    return make.team()


def document(team, name="form.pdf", content=b"%PDF"):
    return get_document_model().objects.create(
        title="申请表",
        file=ContentFile(content, name),
        file_size=len(content),
        collection=collection_of(team.organisation),
    )


def image(team, file=None):
    return get_image_model().objects.create(
        title="流程图",
        file=file or get_test_image_file(),
        collection=collection_of(team.organisation),
    )


def with_attachment(team, file):
    page = make.policy(team)
    page.attachments = [PolicyAttachment(document=file, title="申请表")]
    page.save_revision(user=team.drafter)
    page.save()
    return page


def with_picture(team, picture):
    explained = make.policy(team)
    body = [("picture", {"image": picture, "alternative": "先申请，后审核。"})]
    make.interpretation(team, explained, body=body)
    return explained


def ask(client, address):
    """The answer, read to its end: a file that is left open would be a warning."""
    answer = client.get(address)
    if answer.streaming:
        assert b"".join(answer)
    return answer


def test_an_attachment_is_the_publics_from_its_release_to_its_withdrawal(client, team):
    file = document(team)
    page = with_attachment(team, file)
    assert ask(client, file.url).status_code == 404
    page = make.review(page, team)
    answer = ask(client, file.url)
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    withdraw(
        page.release,
        reason="文本有误",
        still_proactive=True,
        user=team.publisher,
        now=timezone.now(),
    )
    assert ask(client, file.url).status_code == 404
    reinstate(page.release, reason="已更正", user=team.publisher, now=timezone.now())
    assert ask(client, file.url).status_code == 200


def test_a_file_in_a_correction_that_is_being_drafted_stays_closed(client, team):
    file = document(team)
    page = make.release_policy(team)
    draft = page.get_latest_revision_as_object()
    draft.attachments = [PolicyAttachment(document=file, title="申请表")]
    draft.save_revision(user=team.drafter)
    assert ask(client, file.url).status_code == 404


def test_the_file_of_an_older_text_stays_readable(client, team):
    file = document(team)
    page = make.review(with_attachment(team, file), team)
    make.correct(page, team, attachments=[])
    assert ask(client, file.url).status_code == 200


def test_editors_of_the_organisation_open_the_files_of_their_drafts(client, team):
    file, picture = document(team), image(team)
    small = picture.get_rendition("max-165x165")
    for editor, status in [
        (team.drafter, 200),
        (team.reviewer, 200),
        (make.team().drafter, 404),
        (make.administrator(), 200),
    ]:
        client.force_login(editor)
        for address in (file.url, small.url, picture.file.url):
            assert ask(client, address).status_code == status, (editor, address)


def test_a_picture_is_the_publics_once_it_is_released(client, team):
    picture = image(team)
    page = with_picture(team, picture)
    small = picture.get_rendition("max-1600x4800")
    assert ask(client, small.url).status_code == 404
    make.review(page, team)
    assert ask(client, small.url).status_code == 200
    assert ask(client, picture.file.url).status_code == 404


def test_the_folders_of_documents_and_of_what_citizens_sent_are_closed(client, team, tmp_path):
    file = document(team)
    make.review(with_attachment(team, file), team)
    letter = tmp_path / "comments" / "2026" / "11" / "letter.txt"
    letter.parent.mkdir(parents=True)
    letter.write_text("words")
    client.force_login(make.administrator())
    for address in (
        f"/media/{file.file.name}",
        "/media/comments/2026/11/letter.txt",
        "/media/avatar_images/../comments/2026/11/letter.txt",
        "/media//comments/2026/11/letter.txt",
    ):
        assert ask(client, address).status_code == 404


def test_the_face_of_an_editor_is_shown_to_editors(client, team, tmp_path):
    face = tmp_path / "avatar_images" / "face.png"
    face.parent.mkdir()
    face.write_bytes(b"face")
    assert ask(client, "/media/avatar_images/face.png").status_code == 404
    client.force_login(team.manager)
    assert ask(client, "/media/avatar_images/face.png").status_code == 200


def test_a_drawing_with_a_script_in_it_is_harmless_at_its_own_address(client, team):
    picture = image(team, ContentFile(SVG, "chart.svg"))
    release = make.review(with_picture(team, picture), team).release
    shown = client.get(f"{release.get_absolute_url()}interpretations/1/").content.decode()
    address = shown.partition('<img src="')[2].partition('"')[0]
    assert address.startswith("/media/images/")
    answer = ask(client, address)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
