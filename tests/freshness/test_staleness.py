"""Whatever changes: what the cache answers is what the page would say now."""

import datetime
import shutil

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from time_machine import travel

from organisations import services as organisations
from outbox import services as outbox
from policies import services
from policies.enums import EffectKind
from policies.models import PolicyPage, ProposedEffect
from portal.models import PortalSettings
from search import services as search
from tests import factories
from tests.shelf import held
from vocabularies.models import Audience

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 3, 2, 4, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _at_noon(time_machine):
    time_machine.move_to(NOON, tick=False)


class City:
    """A bureau, a policy with an audience and an interpretation, and a second policy."""

    def __init__(self, bureau, *pages):
        self.bureau = bureau
        self.policy, self.other = (PolicyPage.objects.get(pk=page.pk) for page in pages)

    @property
    def addresses(self):
        policy = self.policy.release
        return [
            "/",
            "/en/",
            "/sitemap/",
            policy.get_absolute_url(),
            f"/en{policy.get_absolute_url()}",
            self.other.release.get_absolute_url(),
            policy.interpretations.earliest("serial").get_absolute_url(),
            "/policies/",
            "/policies/?q=停车",
            "/policies/?issuer=LC-BG&audience=drivers",
            "/policies/interpretations/",
            "/policies/catalogue/",
            "/policies/feed/",
            "/sitemap.xml",
            "/api/v1/search?q=办法",
            "/api/v1/policies/",
            f"/api/v1/policies/{policy.index_number}",
            "/api/v1/suggest?q=LC-BG",
        ]


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker, tmp_path_factory):
    """The bureau, its two policies, and the directory of their index."""
    directory = tmp_path_factory.mktemp("search")
    with (
        django_db_blocker.unblock(),
        travel(NOON, tick=False),
        held(directory),
    ):
        bureau = factories.team("LC-BG")
        draft = factories.policy(bureau, title="澜川市停车收费办法")
        draft.audiences = [Audience.objects.create(key="drivers", name_zh_hans="驾驶人")]
        draft.save_revision(user=bureau.drafter)
        factories.interpretation(bureau, draft)
        pages = (
            factories.review(draft, bureau),
            factories.release_policy(bureau, title="澜川市公园管理办法"),
        )
        search.rebuild()
        outbox.drain(timezone.now())
        search.engine().close()
        yield bureau, pages, directory


@pytest.fixture
def city(built, settings, tmp_path):
    bureau, pages, directory = built
    settings.SEARCH_DIR = shutil.copytree(directory, tmp_path / "search")
    yield City(bureau, *pages)
    search.engine().close()


def asked(client, addresses):
    answers = [client.get(address) for address in addresses]
    return [(answer.status_code, answer.content) for answer in answers]


def past_the_cache(addresses):
    """What the pages say without the cache: it lets everybody with a session pass."""
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "none-of-ours"
    return asked(client, addresses)


def release(city):
    factories.release_policy(city.bureau, title="澜川市停车场建设办法")


def release_with_a_repeal(city):
    repeal = ProposedEffect(
        kind=EffectKind.REPEALS, target=city.policy, effective_on=datetime.date(2026, 3, 1)
    )
    factories.release_policy(city.bureau, proposed_effects=[repeal])


def correction(city):
    factories.correct(city.policy, city.bureau, headline_zh_hans="澜川市停车收费管理办法")


def withdrawal(city):
    services.withdraw(
        city.policy.release,
        reason="计算有误",
        still_proactive=False,
        user=city.bureau.publisher,
        now=timezone.now(),
    )


def later_interpretation(city):
    factories.review(factories.interpretation(city.bureau, city.policy), city.bureau)


def new_name_of_a_subject(city):
    city.policy.subject.name_zh_hans = "政务信息公开"
    city.policy.subject.save()


def new_name_of_an_audience(city):
    audience = Audience.objects.get(key="drivers")
    setattr(audience, "name_zh_hans", "机动车驾驶人")  # noqa: B010
    audience.save()


def new_name_of_the_organisation(city):
    organisations.rename(
        city.bureau.organisation,
        {"zh-hans": "澜川市LC-BG委员会"},
        valid_from=datetime.date(2026, 1, 1),
        now=timezone.now(),
    )


def new_footer(city):
    footer = PortalSettings.load()
    footer.icp_number = "澜ICP备00000001号"
    footer.save()


CHANGES = [
    release,
    release_with_a_repeal,
    correction,
    withdrawal,
    later_interpretation,
    new_name_of_a_subject,
    new_name_of_an_audience,
    new_name_of_the_organisation,
    new_footer,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_cached_page_is_never_stale_after(client, city, change):
    before = asked(client, city.addresses)
    change(city)
    # The index follows a moment later; until then the pages answer from the index as it is.
    assert asked(client, city.addresses) == past_the_cache(city.addresses)
    outbox.drain(timezone.now())
    after = asked(client, city.addresses)
    assert after == past_the_cache(city.addresses)
    assert after != before


def test_a_reinstated_document_is_back_at_once(client, city):
    withdrawal(city)
    outbox.drain(timezone.now())
    assert asked(client, city.addresses)[3][0] == 410
    services.reinstate(
        city.policy.release, reason="已经更正", user=city.bureau.publisher, now=timezone.now()
    )
    outbox.drain(timezone.now())
    assert asked(client, city.addresses) == past_the_cache(city.addresses)
    assert asked(client, city.addresses)[3][0] == 200


def test_a_repeal_shows_from_its_midnight_in_shanghai(client, city, time_machine):
    repeal = ProposedEffect(
        kind=EffectKind.REPEALS, target=city.policy, effective_on=datetime.date(2026, 3, 10)
    )
    factories.release_policy(city.bureau, proposed_effects=[repeal])
    outbox.drain(timezone.now())
    time_machine.move_to("2026-03-09T23:59:59+08:00", tick=False)
    evening = asked(client, city.addresses)
    time_machine.move_to("2026-03-10T00:00:00+08:00", tick=False)
    midnight = asked(client, city.addresses)
    assert midnight == past_the_cache(city.addresses)
    assert midnight[3] != evening[3]
    assert midnight[7] != evening[7]


def test_a_page_of_results_cached_before_the_index_caught_up_does_not_stay(client, city):
    factories.release_policy(city.bureau, title="澜川市停车楼管理办法")
    address = "/policies/?q=停车楼"
    assert "停车楼管理" not in client.get(address).content.decode()
    outbox.drain(timezone.now())
    assert "<mark>停车楼</mark>管理办法" in client.get(address).content.decode()


def test_a_page_cached_from_the_index_before_a_rebuild_does_not_stay(client, city, time_machine):
    time_machine.move_to(NOON, tick=True)
    factories.release_policy(city.bureau, title="澜川市停车楼管理办法")
    address = "/policies/?q=停车楼"
    client.get(address)
    search.rebuild()
    assert "<mark>停车楼</mark>管理办法" in client.get(address).content.decode()
