import datetime
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.blocks import StreamValue

from consultations import services as consultations
from consultations.enums import ExemptionGround
from freshness import services as freshness
from policies import services
from policies.enums import EarlyEffect, EffectKind, RelationKind
from policies.models import Effect, PolicyAlias, PolicyRelation
from tests import answering, clock, factories

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 10, 8, 4, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _today(time_machine):
    time_machine.move_to(NOON, tick=False)


def shown(client, page, prefix="", **query):
    freshness.bump()
    response = client.get(prefix + page.release.get_absolute_url(), query)
    assert response.status_code == 200
    return response.content.decode()


def effect(source, target, kind, **fields):
    values = {"effective_on": datetime.date(2026, 6, 1), "recorded_at": timezone.now()} | fields
    return Effect.objects.create(source=source, target=target, kind=kind, **values)


def test_a_policy_page_shows_number_issuer_dates_and_validity(client):
    page = factories.release_policy(title="澜川市绿道管理办法", number="澜政发〔2026〕7号")
    text = shown(client, page)
    for expected in (
        "澜政发〔2026〕7号",
        page.release.index_number,
        "2026年1月8日",
        "gk-b-full",
        "主动公开" if "主动公开" in text else "Proactive disclosure",
    ):
        assert expected in text


def test_blank_facts_print_four_dashes(client):
    page = factories.release_policy()
    facts = re.search(r'<dl class="gk-facts">.*?</dl>', shown(client, page), re.DOTALL)[0]
    assert facts.count("<dd>----</dd>") >= 2  # territory and audience


def test_each_article_has_an_anchor_and_a_link_on_its_number(client):
    text = shown(client, factories.release_policy())
    assert '<section class="gk-art" id="art-2"' in text
    assert '<a href="#art-2" title=' in text
    contents = re.search(r'<nav class="gk-toc".*?</nav>', text, re.DOTALL)[0]
    assert 'href="#art-3"' in contents
    assert "第二章 附则" in contents


def test_tables_and_pictures_stand_where_the_text_has_them(client):
    table = {
        "columns": [{"type": "text", "heading": "档次"}],
        "rows": [{"values": ["每台十五万元"]}],
        "caption": "补贴",
    }
    page = factories.release_policy(body=[("text", "第一条 甲。\n第二条 乙：")])
    body = page.body
    raw = [
        {"type": "text", "value": "第一条 甲。\n第二条 乙："},
        {"type": "table", "value": table},
        {"type": "text", "value": "第三条 丙。"},
    ]
    page.body = StreamValue(body.stream_block, raw, is_lazy=True)
    page.save()
    text = shown(client, page)
    assert text.index('id="art-2"') < text.index("每台十五万元") < text.index('id="art-3"')


def test_a_repealed_policy_says_so_with_day_and_cause_and_links_both_ways(client):
    old = factories.release_policy(title="旧绿道办法")
    new = factories.release_policy(title="新绿道办法")
    effect(new, old, EffectKind.REPEALS)
    text = shown(client, old)
    assert "gk-b-none" in text
    banner = re.search(r'<aside class="gk-note gk-stop".*?</aside>', text, re.DOTALL)[0]
    assert "2026年6月1日" in banner
    assert new.release.get_absolute_url() in banner
    assert old.release.get_absolute_url() in shown(client, new)


def test_a_repealed_article_is_marked_and_its_text_kept(client):
    old = factories.release_policy()
    new = factories.release_policy()
    effect(new, old, EffectKind.PARTLY_REPEALS, provisions=["art-2"])
    text = shown(client, old)
    article = re.search(r'<section class="gk-art gk-art-dead" id="art-2".*?</section>', text)[0]
    assert "gk-tag" in article
    assert "本市行政区域内的政务公开适用本办法" in article
    assert 'class="gk-art" id="art-1"' in text
    assert "第二条" in re.search(r'<aside class="gk-note gk-care".*?</aside>', text, re.DOTALL)[0]


def test_a_repeal_to_come_is_announced_and_changes_nothing_yet(client, time_machine):
    old = factories.release_policy()
    new = factories.release_policy()
    effect(new, old, EffectKind.REPEALS, effective_on=datetime.date(2026, 10, 9))
    assert "gk-b-full" in shown(client, old)
    assert "is-next" in shown(client, old)
    time_machine.move_to("2026-10-09T00:00:00+08:00")
    assert "gk-b-none" in shown(client, old)


def test_an_amendment_not_worked_in_is_a_warning(client):
    old = factories.release_policy()
    new = factories.release_policy()
    effect(new, old, EffectKind.AMENDS, provisions=["art-1"])
    text = shown(client, old)
    assert re.search(r'<aside class="gk-note gk-care"', text)


@pytest.mark.parametrize("kind", RelationKind)
def test_a_relation_entered_once_shows_on_both_pages(client, kind):
    law = factories.release_policy()
    rules = factories.release_policy()
    PolicyRelation.objects.create(page=rules, target=law, kind=kind)
    assert law.release.get_absolute_url() in shown(client, rules)
    assert rules.release.get_absolute_url() in shown(client, law)


def test_a_related_draft_is_never_shown(client):
    team = factories.team()
    law = factories.release_policy(team)
    draft = factories.policy(team, title="尚未公开的草稿")
    PolicyRelation.objects.create(page=draft, target=law, kind=RelationKind.BASED_ON)
    assert "尚未公开的草稿" not in shown(client, law)


def test_interpretations_hang_on_their_policy(client):
    team = factories.team()
    draft = factories.policy(team)
    factories.interpretation(team, draft, headline_zh_hans="一图读懂绿道")
    page = factories.review(draft, team)
    text = shown(client, page)
    assert "一图读懂绿道" in text
    address = page.release.interpretations.get().get_absolute_url()
    assert address in text
    explained = client.get(address).content.decode()
    assert "办法说了什么" in explained
    assert page.release.get_absolute_url() in explained


def test_a_corrected_text_stays_readable_and_is_not_indexed(client):
    team = factories.team()
    page = factories.release_policy(team)
    page = factories.correct(page, team, headline_zh_hans="更正后的办法")
    text = shown(client, page)
    assert "更正后的办法" in text
    assert "?version=1" in text
    assert page.release.corrections.get().reason in text
    older = shown(client, page, version="1")
    assert page.release.corrections.get().old_headline in older.replace("<wbr>", "")
    assert '<meta name="robots" content="noindex">' in older


@pytest.mark.parametrize("version", ["0", "2", "x", ""])
def test_a_version_that_never_was_is_not_found(client, version):
    page = factories.release_policy()
    response = client.get(page.release.get_absolute_url(), {"version": version})
    assert response.status_code == 404


@pytest.mark.parametrize("still_proactive", [True, False])
def test_a_withdrawn_policy_answers_410_with_its_notice(client, still_proactive):
    page = factories.release_policy(title="撤下的办法")
    services.withdraw(
        page.release,
        reason="文字有误",
        still_proactive=still_proactive,
        user=page.owner,
        now=timezone.now(),
    )
    response = client.get(page.release.get_absolute_url())
    text = response.content.decode()
    assert response.status_code == 410
    assert "文字有误" in text
    assert ("撤下的办法" in text) == still_proactive
    assert "适用本办法" not in text
    assert 'content="noindex"' in text


@pytest.mark.parametrize(
    "path", ["/policies/NO-SUCH/2026-1/", "/policies/LC/2026-0/", "/policies/LC/2026-01/"]
)
def test_an_unknown_number_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_a_draft_has_no_address(client):
    team = factories.team("LC-QUIET")
    factories.policy(team)
    assert client.get("/policies/LC-QUIET/2026-1/").status_code == 404


def test_a_foreign_page_without_translation_shows_the_chinese_as_chinese(client):
    page = factories.release_policy(title="澜川市绿道管理办法")
    text = shown(client, page, "/ar")
    assert '<html lang="ar" dir="rtl"' in text
    assert re.search(r'<h1[^>]* lang="zh-Hans"', text)
    assert '<meta name="robots" content="noindex">' in text
    assert 'rel="alternate" hreflang' not in text
    chinese = shown(client, page)
    assert re.findall(r'rel="alternate" hreflang="([^"]+)"', chinese) == ["zh-Hans"]


def test_a_ready_translation_is_offered_and_says_that_the_chinese_prevails(client):
    page = factories.release_policy(
        title="澜川市绿道管理办法", headline_en="Greenway Measures", translation_ready_en=True
    )
    text = shown(client, page, "/en")
    assert re.search(r"<h1[^>]*>Greenway Measures</h1>", text)
    assert "The Chinese text prevails" in text
    assert "noindex" not in text
    assert re.findall(r'rel="alternate" hreflang="([^"]+)"', text) == ["zh-Hans", "en"]


def test_a_translation_that_is_not_ready_is_not_shown(client):
    page = factories.release_policy(headline_en="Half done")
    assert "Half done" not in shown(client, page, "/en")


def test_structured_data_tells_validity_number_and_issuer(client):
    page = factories.release_policy(number="澜政发〔2026〕9号")
    text = shown(client, page)
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', text)[1])
    assert data["@type"] == "Legislation"
    assert "澜政发〔2026〕9号" in data["legislationIdentifier"]
    assert data["legislationLegalForce"] == "https://schema.org/InForce"
    assert data["legislationDate"] == "2026-01-05"


def test_the_last_day_of_an_extended_document_is_the_new_one(client):
    page = factories.release_policy(expires_on=datetime.date(2027, 12, 31))
    assert "2027年12月31日" in shown(client, page)
    until = datetime.date(2031, 12, 31)
    effect(factories.release_policy(), page, EffectKind.EXTENDS, until_on=until)
    freshness.bump()
    text = shown(client, page)
    assert "2031年12月31日" in text
    assert "2027年12月31日" not in text


def test_popular_names_are_shown(client):
    page = factories.release_policy()
    PolicyAlias.objects.create(page=page, text="绿道办法")
    assert "绿道办法" in shown(client, page)


def test_a_policy_page_asks_a_fixed_number_of_queries(client, django_assert_num_queries):
    page = factories.release_policy()
    others = [factories.release_policy() for _ in range(6)]
    client.get(page.release.get_absolute_url())
    effect(others[0], page, EffectKind.AMENDS)
    PolicyRelation.objects.create(page=page, target=others[1], kind=RelationKind.CITES)
    freshness.bump()
    with CaptureQueriesContext(connection) as few:
        client.get(page.release.get_absolute_url())
    for other in others[2:4]:
        effect(other, page, EffectKind.AMENDS)
    for other in others[4:]:
        PolicyRelation.objects.create(page=other, target=page, kind=RelationKind.CITES)
    freshness.bump()
    with django_assert_num_queries(len(few)):
        client.get(page.release.get_absolute_url())


def test_a_long_law_leaves_what_is_off_screen_for_later(client):
    articles = "\n".join(f"第{n}条 " + "应当公开。" * 30 for n in range(1, 120))
    page = factories.release_policy(body=[("text", articles)])
    assert 'class="gk-law gk-long"' in shown(client, page)


def test_a_covering_letter_is_set_with_its_signature_and_the_title_of_what_it_covers(client):
    letter = ["各区人民政府：", "现印发给你们，请照办。", "澜川市人民政府", "2026年1月8日"]
    articles = ["第一条 为了绿道，制定本办法。", "第二条 自公布之日起施行。"]
    text = shown(
        client,
        factories.release_policy(
            body=[("text", "\n".join([*letter, "澜川市绿道办法", *articles]))]
        ),
    )
    law = text.partition('class="gk-law')[2]
    styles = {
        words: style for style, words in re.findall(r'<p class="([^"]*)"[^>]*>([^<]*)</p>', law)
    }
    assert styles["现印发给你们，请照办。"] == "gk-pre"
    assert styles["澜川市人民政府"] == styles["2026年1月8日"] == "gk-pre gk-closing"
    assert styles["澜川市绿道办法"] == "gk-pre gk-title"


# --- on what it was released ----------------------------------------------------------------------


def test_a_document_nobody_had_to_be_asked_about_says_so(client):
    assert "No consultation required" in shown(client, factories.release_policy(), "/en")


def exempt(bureau):
    return consultations.exempt(
        bureau.organisation,
        ground=ExemptionGround.EMERGENCY,
        matter="机密事项",
        reason="内部理由",
        public_statement="防汛应急，未征求意见。",
        requested_by=bureau.drafter,
        approved_by=bureau.reviewer,
        now=timezone.now(),
    )


def test_an_exempt_document_tells_the_ground_and_what_may_be_said_of_it(client):
    bureau = factories.team()
    text = shown(client, factories.release_policy(bureau, exemption=exempt(bureau)), "/en")
    assert "Exempt from consultation. Emergency" in text
    assert '<bdi lang="zh-Hans">防汛应急，未征求意见。</bdi>' in text
    assert "机密事项" not in text
    assert "内部理由" not in text


def test_an_early_effect_is_explained(client):
    bureau = factories.team()
    page = factories.release_policy(
        bureau,
        kind="rules",
        exemption=exempt(bureau),
        early_effect=EarlyEffect.EXECUTION,
        early_effect_reason="推迟会妨碍汛期执行。",
    )
    text = shown(client, page, "/en")
    assert "Waiting would hinder its execution" in text
    assert "推迟会妨碍汛期执行。" in text


def test_a_document_that_was_consulted_on_leads_to_the_answers_and_says_so_as_data(client):
    bureau = factories.team()
    with clock.standing_at(clock.at(answering.OPENS)):
        announcement = factories.announce(bureau)
    with clock.standing_at(clock.at(answering.CLOSED)):
        page = answering.policy(bureau, announcement)
        answering.sign(announcement, bureau)
        factories.review(page, bureau)
    text = shown(client, page, "/en")
    assert f'href="/en/consultations/{announcement.slug}/statement/"' in text
    assert "2 March 2026" in text
    known = client.get(f"/api/v1/policies/{page.release.index_number}").json()
    assert known["basis"] == "consulted"
    assert known["consultation"] == {
        "slug": announcement.slug,
        "url": f"/consultations/{announcement.slug}/",
        "statement_url": f"/consultations/{announcement.slug}/statement/",
    }
