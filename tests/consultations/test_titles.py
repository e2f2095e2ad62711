"""By the title of a document its consultation is found, however both are written."""

from datetime import date

import pytest
from django.utils import timezone

from consultations import reading, rules, services
from consultations.enums import Change, Procedure
from tests import clock
from tests import factories as make

TITLE = "澜川市养犬管理规定"


@pytest.mark.parametrize(
    "written",
    [
        TITLE,
        f"{TITLE}（征求意见稿）",
        f"{TITLE}(草案征求意见稿)",
        f"《{TITLE}（修订草案征求意见稿）》",
        f"{TITLE}（草案）征求意见稿",
        f"{TITLE}（修订）（第二次征求意见稿）",
        f"{TITLE}（试行）",
        f"{TITLE}草案",
        "澜川市 养犬\u200b管理规定",
        "澜川市养犬管理规定〔2026年修订〕",
        f"澜川市公安局关于印发《{TITLE}（试行）》的通知",
        f"关于公布{TITLE}的公告",
    ],
)
def test_a_draft_and_its_document_have_one_title(written):
    assert rules.document_title(written) == TITLE


@pytest.mark.parametrize(
    "other",
    ["", "（征求意见稿）", f"关于修改《{TITLE}》的决定", f"{TITLE}实施细则", f"《{TITLE}》解读"],
)
def test_another_document_has_another_title(other):
    assert rules.document_title(other) != TITLE


@pytest.mark.django_db
def test_a_consultation_is_found_by_any_title_that_its_draft_had(team):
    with clock.standing_at(clock.at("2026-03-02")):
        announcement = make.announce(team, headline_zh_hans=f"{TITLE}（征求意见稿）")
        make.change(
            announcement,
            team,
            Change.CLERICAL,
            headline_zh_hans="澜川市文明养犬规定（征求意见稿）",
        )
    assert reading.consultation_on(TITLE) == announcement
    assert reading.consultation_on("《澜川市文明养犬规定》") == announcement
    assert reading.consultation_on("澜川市养猫管理规定") is None


@pytest.mark.django_db
def test_of_two_on_one_document_the_last_one_counts_though_withdrawn(team):
    found = []
    for day in ("2026-03-02", "2026-03-03"):
        with clock.standing_at(clock.at(day)):
            other = make.team()
            found.append(make.announce(other, headline_zh_hans=f"{TITLE}（征求意见稿）"))
            assert reading.consultation_on(TITLE) == found[-1]
            services.withdraw(
                found[-1], reason="另行起草。", user=other.publisher, now=timezone.now()
            )
            assert reading.consultation_on(TITLE) == found[-1]


@pytest.mark.django_db
def test_what_was_consulted_on_elsewhere_is_not_found(team):
    services.import_historic(
        services.Historic(
            source_id="1",
            organisation=team.organisation.code,
            title=f"{TITLE}（征求意见稿）",
            draft="第一条 牵好犬绳。",
            procedure=Procedure.NORMATIVE_DOCUMENT,
            business_related=False,
            opens_at=clock.at("2021-03-01"),
            closes_on=date(2021, 3, 31),
        ),
        now=clock.at("2026-03-02"),
    )
    assert reading.announced_titles() == {}
