"""A stranger walks every address of the admin and sees nothing of another organisation's drafts.

The stranger holds every role, but in another organisation. Each address of the admin is filled
with the keys of foreign things, asked by GET and POST; no answer may contain the marker that
stands in every foreign draft, and afterwards nothing foreign has changed.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from django.utils.regex_helper import normalize
from wagtail.admin import urls as admin_urls
from wagtail.admin.models import EditingSession
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.log_actions import log
from wagtail.models import (
    Collection,
    Comment,
    Page,
    PageViewRestriction,
    Revision,
    Task,
    TaskState,
    Workflow,
    WorkflowState,
)

from consultations import services as consultations
from consultations.models import (
    Assignment,
    CommentReading,
    ConcentrationRule,
    Exemption,
    ExemptionRefusal,
    ExemptionRequest,
    GroupMember,
    Moderation,
    Opinion,
    OpinionComment,
    Phrase,
    StatementDraft,
    StatementStep,
)
from consultations.models import Comment as Sent
from ledger.models import Entry
from organisations.models import Membership, Role
from organisations.services import collection_of, grant
from policies.models import InterpretationPage, Obligation, ObligationLifting, PolicyPage
from tests import factories as make
from tests.clock import at, standing_at
from uploads.rules import Kind
from uploads.scanning import Scan
from uploads.services import CheckedFile

pytestmark = [
    pytest.mark.django_db,
    # Wagtail leaves it to the collector to close what it renders small pictures into.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

WORD, MARKER = "zebra", "Okapi"
SECRET = f"{WORD} {MARKER}"
SKIPPED = ("logout/", "login/", "failwhale/", "test404/", "password_reset/", "sprite/")
MODELS = {
    (None, None),
    ("policies", "policypage"),
    ("wagtailcore", "page"),
    ("wagtailimages", "image"),
    ("wagtaildocs", "document"),
}
LISTS = re.compile(r"^\D*$|^bulk/|^choose-page/|results/$|chooser/")
"""The addresses on which a query decides what is shown."""


def _file() -> CheckedFile:
    return CheckedFile(Kind.PDF, b"%PDF-1.4 " + MARKER.encode(), "0" * 64, Scan.OFF)


class Foreign:
    """What the other organisation has, each with the marker in it."""

    def __init__(self, team: make.Team) -> None:
        self.team = team
        collection = collection_of(team.organisation)
        self.image = get_image_model().objects.create(
            title=SECRET, file=get_test_image_file(), collection=collection
        )
        self.document = get_document_model().objects.create(
            title=SECRET, file=ContentFile(b"words", "words.txt"), collection=collection
        )
        log(self.image, "wagtail.edit", user=team.drafter)
        secret: dict[str, Any] = {
            "title": SECRET,
            "abstract_zh_hans": SECRET,
            "body": [("text", SECRET)],
        }
        self.draft = make.policy(team, **secret)
        make.interpretation(team, self.draft, headline_zh_hans=SECRET)
        Comment.objects.create(
            page=self.draft, user=team.drafter, text=SECRET, contentpath="headline_zh_hans"
        )
        Page.objects.filter(pk=self.draft.pk).update(
            locked=True, locked_by=team.drafter, locked_at=timezone.now()
        )
        self.in_review = make.policy(team, **secret)
        make.submit(self.in_review, team.drafter)
        self.released = make.release_policy(team, title="已公开的办法")
        newer = self.released.get_latest_revision_as_object()
        newer.headline_zh_hans = newer.title = SECRET
        newer.save_revision(user=team.drafter)
        with standing_at(at("2026-02-13", "10:00")):
            announcement = make.announce(team)
        self.sent = consultations.submit(
            announcement,
            consultations.Submission(
                text=SECRET, name=SECRET, attachments=[(SECRET, _file())], consent_publish=True
            ),
            now=at("2026-02-20", "12:00"),
        ).comment
        self.exemption = consultations.ask_exemption(
            team.organisation,
            ground="confidential",
            matter=SECRET,
            reason=SECRET,
            public_statement=SECRET,
            user=team.drafter,
            now=at("2026-02-20", "12:00"),
        )
        officer: dict[str, Any] = {"user": team.drafter, "now": at("2026-02-20", "12:00")}
        again = consultations.submit(
            announcement, consultations.Submission(text=SECRET), now=at("2026-02-20", "12:00")
        ).comment
        self.opinion = consultations.add_opinion(
            announcement, SECRET, comments=[self.sent], **officer
        )
        self.group = consultations.group_comments(announcement, [self.sent, again], **officer)
        consultations.write(announcement, kind="adoption", words=SECRET, **officer)
        self.phrase = Phrase.objects.create(organisation=team.organisation, text=SECRET)
        self.obligation = Obligation.objects.create(
            page=self.in_review, reason=SECRET, arose_at=at("2026-02-20", "12:00")
        )
        self.pages = [self.draft, self.in_review, self.released, announcement.page]
        self.membership = Membership.objects.filter(organisation=team.organisation)[0]
        self.session = EditingSession.objects.create(
            user=team.drafter,
            content_type=ContentType.objects.get_for_model(Page),
            object_id=self.draft.pk,
            last_seen_at=timezone.now(),
        )

    def snapshot(self) -> dict[str, Any]:
        """Everything foreign as it stands in the database."""
        pages = Page.objects.descendant_of(self.team.page, inclusive=True)
        tables = {
            "pages": pages,
            "policies": PolicyPage.objects.filter(pk__in=pages),
            "interpretations": InterpretationPage.objects.filter(pk__in=pages),
            "revisions": Revision.objects.filter(object_id__in=[str(page.pk) for page in pages]),
            "states": WorkflowState.objects.filter(object_id__in=[str(page.pk) for page in pages]),
            "steps": TaskState.objects.all(),
            "tasks": Task.objects.all(),
            "workflows": Workflow.objects.all(),
            "images": get_image_model().objects.filter(pk=self.image.pk),
            "documents": get_document_model().objects.filter(pk=self.document.pk),
            "members": Membership.objects.filter(organisation=self.team.organisation),
            "collections": Collection.objects.all(),
            "comments": Comment.objects.all(),
            "privacy": PageViewRestriction.objects.all(),
            "sent": Sent.objects.all(),
            "decisions": Moderation.objects.all(),
            "readings": CommentReading.objects.all(),
            "exemptions": Exemption.objects.all(),
            "opinions": Opinion.objects.all(),
            "mapped": OpinionComment.objects.all(),
            "grouped": GroupMember.objects.all(),
            "words": StatementDraft.objects.all(),
            "steps of statements": StatementStep.objects.all(),
            "assignments": Assignment.objects.all(),
            "phrases": Phrase.objects.all(),
            "rules": ConcentrationRule.objects.all(),
            "lifted": ObligationLifting.objects.all(),
            "requests": ExemptionRequest.objects.all(),
            "refusals": ExemptionRefusal.objects.all(),
            "ledger": Entry.objects.filter(action__startswith="contact."),
        }
        return {name: list(rows.order_by("pk").values()) for name, rows in tables.items()}

    def keys(self, name: str, page: Page) -> list[Any]:
        """Values for the argument ``name`` of an address that is about ``page``."""
        revision = page.get_latest_revision()
        state = WorkflowState.objects.for_instance(page).first()
        step = TaskState.objects.filter(workflow_state=state).first() or TaskState.objects.first()
        values: dict[str, list[Any]] = {
            "page_id": [page.pk],
            "parent_page_id": [page.pk],
            "page_to_move_id": [page.pk],
            "page_pk": [page.pk],
            "destination_id": [self.team.page.pk],
            "revision_id": [revision.pk],
            "workflow_state_id": [state.pk if state else 1],
            "task_state_id": [step.pk],
            "task_id": [step.task_id],
            "workflow_pk": [Workflow.objects.get().pk],
            "image_id": [self.image.pk],
            "document_id": [self.document.pk],
            "doc_id": [self.document.pk],
            "collection_id": [self.image.collection_id],
            "pk": [page.pk, self.image.pk, self.document.pk, self.membership.pk, self.phrase.pk],
            "object_id": [page.pk],
            "session_id": [self.session.pk],
            "uploaded_file_id": [1],
            "comment_id": [self.sent.pk],
            "attachment_id": [self.sent.attachments.get().pk],
            "group_id": [self.group.pk],
            "opinion_id": [self.opinion.pk],
            "statement_id": [uuid4()],
            "obligation_id": [self.obligation.pk],
            "request_id": [self.exemption.pk],
            "redirect_id": [1],
            "year": [2026],
            "filter_spec": ["original"],
            "uidb64": ["MQ"],
            "token": ["set-password"],
            "app_label": [app for app, _model in MODELS if app],
            "model_name": [model for _app, model in MODELS if model],
            "action": ["delete", "move", "publish", "unpublish", "add_tags", "add_to_collection"],
            "app_name": ["policies", "wagtailcore", "portal", "wagtailimages"],
            "content_type_app_name": ["policies"],
            "content_type_model_name": ["policypage", "interpretationpage"],
            "action_name": [
                "approve",
                "reject",
                "publish",
                "unpublish",
                "delete",
                "move",
                "copy",
                "create_alias",
                "revert_to_page_revision",
            ],
        }
        return values[name]


def addresses(patterns: list[Any], before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every address of the admin as a template with the names of its arguments."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + pattern.pattern.regex.pattern)
        elif isinstance(pattern, URLPattern):
            regex = (before + pattern.pattern.regex.pattern).replace("\\Z", "$")
            yield from normalize(regex.replace("^", ""))


def fill(foreign: Foreign) -> Iterator[str]:
    """Every address of the admin, with the keys of every foreign page and file in it."""
    seen = set()
    for template, names in addresses(admin_urls.urlpatterns):
        if template.startswith(SKIPPED):
            continue
        for page in foreign.pages:
            if names == ["_0", "_1", "_2"]:
                choices = [[page.pk], ["live", "earliest"], ["latest"]]
            else:
                choices = [foreign.keys(name, page) for name in names]
            for values in product(*choices):
                filled = dict(zip(names, values, strict=True))
                if (filled.get("app_label"), filled.get("model_name")) not in MODELS:
                    continue
                address = template % filled
                if address not in seen:
                    seen.add(address)
                    yield address


def queries(foreign: Foreign) -> list[str]:
    """What may follow an address: nothing, every foreign key, or a wish for everything."""
    ids = "&".join(f"id={page.pk}" for page in foreign.pages)
    search = f"q={WORD}&search={WORD}"
    files = f"id={foreign.image.pk}&id={foreign.document.pk}"
    listing = f"page_type=policies.policypage&collection_id={foreign.image.collection_id}"
    everything = f"id=all&childOf={foreign.draft.pk}&child_of={foreign.team.page.pk}&fields=*"
    return [
        "",
        f"?{ids}&{files}&{listing}&{search}",
        f"?{everything}&page_type=policies.interpretationpage",
    ]


@pytest.fixture
def foreign(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return Foreign(make.team("LC-GA"))


@pytest.fixture
def stranger():
    """Holds every role at once, but in another organisation; with one document of its own."""
    own = make.team("LC-BG")
    everything = make.person("hu.guan")
    for role in Role:
        grant(everything, own.organisation, role, now=timezone.now())
    everything.own_page = make.policy(make.Team(own.organisation, *[everything] * 4))
    return everything


def test_no_address_of_the_admin_shows_or_changes_anything_foreign(client, foreign, stranger):
    client.force_login(stranger)
    client.raise_request_exception = False
    before = foreign.snapshot()
    leaks, faults, asked = [], [], 0
    home = stranger.own_page.get_parent().pk
    form = {
        "title": "stolen",
        "headline_zh_hans": "stolen",
        "new_slug": "stolen",
        "new_title": "x",
        "new_parent_page": home,
        "chooser": home,
        "restriction_type": "login",
        "locked": "true",
        "position": "0",
        "comment": "x",
        "action-publish": "1",
    }
    for address in fill(foreign):
        asks = queries(foreign) if LISTS.search(address) else [""]
        tries: list[tuple[str, str, Any]] = [("get", query, None) for query in asks]
        tries += [("post", query, form) for query in asks[:2]]
        for method, query, data in tries:
            asked += 1
            answer = getattr(client, method)(f"/admin/{address}{query}", data)
            body = b"".join(answer) if answer.streaming else answer.content
            if MARKER.encode() in body:
                leaks.append(f"{method} /admin/{address}{query}")
            if answer.status_code >= 500:
                faults.append(f"{method} /admin/{address}{query}: {answer.status_code}")
    assert asked > 500
    assert leaks == []
    assert faults == []
    assert foreign.snapshot() == before


def test_the_walk_itself_finds_what_an_own_editor_sees(client, foreign):
    """Without this, a walk that reached nothing would pass as well."""
    client.force_login(foreign.team.drafter)
    seen = [
        address
        for address in fill(foreign)
        if address.startswith((f"pages/{foreign.draft.pk}/", "consultations/"))
        or "revisions/compare" in address
        if MARKER.encode() in getattr(client.get(f"/admin/{address}"), "content", b"")
    ]
    assert any(address.endswith("/edit/") for address in seen)
    assert any("revisions/compare" in address for address in seen)
    assert any(address.endswith("/comments/") for address in seen)
    assert any("/exemptions/" in address for address in seen)
    for part in ("answers/", "groups/", "opinions/", "statement/"):
        assert any(address.endswith(f"/{part}") for address in seen)
    assert len(seen) > 5
