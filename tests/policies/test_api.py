"""The open API, held to what its description and the portal promise to programs."""

import datetime
import html
import json
import random
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from multilingual.languages import CODES
from tests import factories
from tests.shelf import HOSTILE

pytestmark = pytest.mark.django_db

SEARCH, LIST, SUGGEST = "/api/v1/search", "/api/v1/policies/", "/api/v1/suggest"
FACETS = ["issuer", "subject", "kind", "validity", "audience", "territory"]
PARAMETERS = {"q", *FACETS, "from", "to", "sort", "page", "size", "lang"}
ABSENT = None
RESULT = {
    "source_id": (str, ABSENT),
    "index_number": (str,),
    "type": (str,),
    "title": (str,),
    "url": (str,),
    "document_numbers": (list,),
    "issuers": (list,),
    "issued_on": (str, ABSENT),
    "released_at": (str,),
    "validity": (str, ABSENT),
    "snippet": (str,),
}


@pytest.fixture
def ask(client, library):
    """Asks an address of the API and gives its answer, which has to be a good one."""

    def asked(address=SEARCH, **parameters):
        answer = client.get(address, parameters)
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"].startswith("application/json")
        return answer.json()

    return asked


def ids(answer):
    return [line["source_id"] for line in answer["results"]]


def one(answer, source_id):
    (line,) = [line for line in answer["results"] if line["source_id"] == source_id]
    return line


# --- the form of an answer ----------------------------------------------------------------------


def test_an_answer_has_exactly_these_keys_and_types(ask):
    answer = ask(q="公园", size=100)
    assert list(answer) == ["total", "page", "size", "results", "did_you_mean", "engine", "facets"]
    assert answer["total"] == len(answer["results"]) > 0
    assert (answer["page"], answer["size"], answer["engine"]) == (1, 100, "tantivy")
    for line in answer["results"]:
        assert list(line) == list(RESULT)
        for key, kinds in RESULT.items():
            assert type(line[key]) in kinds or (line[key] is None and None in kinds), key
    assert sorted(answer["facets"]) == sorted(FACETS)
    for values in answer["facets"].values():
        for value in values:
            assert {key: type(word) for key, word in value.items()} == {
                "value": str,
                "label": str,
                "count": int,
            }


def test_a_result_says_what_is_known_of_its_document(ask, library):
    line = one(ask(q="公园管理办法"), "park")
    released = datetime.datetime.fromisoformat(line.pop("released_at"))
    assert released.tzinfo is not None
    assert re.sub("</?mark>", "", line.pop("snippet")).startswith("规定公园的开放时间。")
    assert line == {
        "source_id": "park",
        "index_number": "LC-PARK/2024-1",
        "type": "policy",
        "title": "澜川市公园管理办法",
        "url": "/policies/LC-PARK/2024-1/",
        "document_numbers": ["澜园发〔2024〕12号", "澜川市人民政府令第38号"],
        "issuers": ["澜川市园林绿化局", "澜川市交通局"],
        "issued_on": "2024-01-08",
        "validity": "in_force",
    }


def test_what_is_absent_is_null(ask):
    bare = one(ask(q="没有日期的旧规定"), "bare")
    assert bare["issued_on"] is None
    assert bare["document_numbers"] == []
    assert bare["validity"] == "unverified"
    assert ask(q="澜川市政务公开办法")["results"][0]["source_id"] is None


def test_an_interpretation_is_a_result_of_its_own_type(ask, library, client):
    answer = ask(q="一图读懂公园管理办法", type="interpretation")
    (line,) = answer["results"]
    assert line["type"] == "interpretation"
    assert line["index_number"] == "LC-PARK/2024-1"
    assert line["url"] == "/policies/LC-PARK/2024-1/interpretations/1/"
    assert (line["source_id"], line["validity"], line["document_numbers"]) == (None, None, [])
    assert client.get(line["url"]).status_code == 200


def test_types_are_chosen_and_both_are_found_without_a_choice(ask):
    counted = {kind: ask(type=kind)["total"] for kind in ("policy", "interpretation")}
    assert counted["interpretation"] == 1
    assert (
        ask()["total"] == ask(type=["policy", "interpretation"])["total"] == sum(counted.values())
    )


@pytest.mark.parametrize(
    ("source_id", "validity"),
    [
        ("park", "in_force"),
        ("park-old", "repealed"),
        ("lawns", "partly"),
        ("night-bus", "suspended"),
        ("later", "not_yet"),
        ("over", "expired"),
        ("bare", "unverified"),
    ],
)
def test_validity_is_that_of_today(ask, source_id, validity):
    assert one(ask(LIST, size=100), source_id)["validity"] == validity
    assert source_id in ids(ask(LIST, size=100, validity=validity))


def test_the_snippet_is_escaped_and_holds_no_tag_but_mark(ask):
    for query in ("公示", "script", "粗体", "alert(1)", "<script>", "&"):
        for line in ask(q=query)["results"]:
            assert not re.search("[<>]", re.sub("</?mark>", "", line["snippet"])), line
    line = one(ask(q="公示"), "hostile")
    assert "<mark>公示</mark>" in line["snippet"]
    assert "<script>alert(1)</script>" in html.unescape(line["snippet"])
    assert line["title"] == HOSTILE, "a title is text, not HTML"


def test_the_list_is_the_search_without_facets(ask):
    for parameters in ({}, {"q": "公园"}, {"kind": "rules", "size": 3, "page": 2}, {"lang": "en"}):
        found = ask(SEARCH, type="policy", **parameters)
        found.pop("facets")
        assert ask(LIST, **parameters) == found


def test_did_you_mean_is_a_text_or_null(ask):
    assert ask(q="澜川市公园观里办法")["did_you_mean"] == "澜川市公园管理办法"
    assert ask(q="澜川市公园管理办法")["did_you_mean"] is None


# --- pages, order, language ---------------------------------------------------------------------


def test_pages_count_from_one_and_hold_twenty(ask):
    first, second = ask(), ask(page=2)
    assert (first["page"], first["size"], len(first["results"])) == (1, 20, 20)
    assert second["page"] == 2
    urls = [line["url"] for page in (first, second, ask(page=3)) for line in page["results"]]
    assert len(urls) == len(set(urls)) == first["total"]


@pytest.mark.parametrize("page", [4, 501, 10**6 + 1, 10**12, 10**30])
def test_a_page_beyond_the_last_is_empty(ask, page):
    for address in (SEARCH, LIST):
        answer = ask(address, page=page, q="澜川市")
        assert answer["results"] == []
        assert answer["page"] == page
        assert answer["total"] > 0


def test_a_page_holds_from_one_to_a_hundred(ask):
    assert len(ask(size=1)["results"]) == 1
    everything = ask(size=100)
    assert everything["size"] == 100
    assert len(everything["results"]) == everything["total"]


def test_newest_and_effective_put_the_latest_first_and_the_undated_last(ask):
    newest = ask(LIST, size=100, sort="newest")["results"]
    days = [line["issued_on"] or "" for line in newest]
    assert days == sorted(days, reverse=True)
    assert days[-1] == ""
    assert ids(ask(LIST, sort="effective"))[0] == "later"


def test_relevance_is_the_order_where_there_are_words_and_newest_where_there_are_none(ask):
    assert ask(q="公园") == ask(q="公园", sort="relevance")
    assert ids(ask(LIST, q="公园管理办法"))[0] == "park"
    assert ask() == ask(sort="newest")


@pytest.mark.parametrize("code", CODES)
def test_addresses_titles_and_labels_are_in_the_language_asked_for(ask, client, code):
    answer = ask(q="公园管理办法", lang=code, type="policy")
    line = one(answer, "park")
    prefix = "" if code == "zh-hans" else f"/{code}"
    assert line["url"] == f"{prefix}/policies/LC-PARK/2024-1/"
    assert client.get(line["url"]).status_code == 200
    titles = {"en": "Measures for Parks", "ar": "تدابير الحدائق"}
    # German has a title, but nobody has said that it is ready.
    assert line["title"] == titles.get(code, "澜川市公园管理办法")
    labels = {value["value"]: value["label"] for value in answer["facets"]["subject"]}
    assert labels["parks"] == ("Parks" if code == "en" else "园林绿化")


# --- filters and counts -------------------------------------------------------------------------


def test_values_of_a_filter_are_alternatives_and_filters_all_hold(ask):
    def total(**filters):
        return {line["url"] for line in ask(LIST, size=100, **filters)["results"]}

    rules, laws = total(kind="rules"), total(kind="law")
    assert rules
    assert laws
    assert total(kind=["rules", "law"]) == rules | laws
    assert total(kind=["rules", "law"], issuer="LC-PARK", validity="in_force") == (
        (rules | laws) & total(issuer="LC-PARK") & total(validity="in_force")
    )
    assert total(subject="parks", audience="companies", territory="lanchuan") == (
        total(subject="parks") & total(audience="companies") & total(territory="lanchuan")
    )
    assert total(issuer="nobody") == set()
    assert total(issuer="") == total()


def test_days_are_of_issue_and_both_ends_count(ask):
    def found(**days):
        return "park" in ids(ask(LIST, size=100, **days))

    assert found(**{"from": "2024-01-08", "to": "2024-01-08"})
    assert not found(**{"from": "2024-01-09"})
    assert not found(to="2024-01-07")
    assert "bare" not in ids(ask(LIST, size=100, to="2999-12-31")), "it has no date of issue"


@pytest.mark.parametrize("seed", range(6))
def test_every_count_is_what_choosing_the_value_finds(ask, seed):
    dice = random.Random(seed)
    known = ask(size=1)["facets"]
    chosen: dict[str, object] = {}
    for name in dice.sample(FACETS, seed % 4):
        values = [value["value"] for value in known[name]]
        chosen[name] = dice.sample(values, min(len(values), dice.choice([1, 2])))
    if seed % 2:
        chosen["q"] = dice.choice(["公园", "澜川市 事项", "管理", '"图书馆" OR 校车'])
    if seed > 2:
        chosen["from"] = "2021-06-01"
    for name, values in ask(size=1, **chosen)["facets"].items():
        for value in values:
            clicked = ask(size=1, **chosen | {name: value["value"]})
            assert clicked["total"] == value["count"], (chosen, name, value)


# --- finding ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "source_id"),
    [
        ("澜园发〔2024〕12号", "park"),
        ("澜园发[2024]12号", "park"),
        ("澜园发(2024)12号", "park"),
        ("澜园发（2024）12号", "park"),
        ("澜园发【2024】12号", "park"),
        ("澜园发［２０２４］１２号", "park"),
        ("瀾園發〔2024〕12號", "park"),
        ("澜园发〔2024〕第12号", "park"),
        ("澜园发〔2024〕012号", "park"),
        ("澜园发 〔2024〕 12 号", "park"),
        ("澜园发2024年12号", "park"),
        ("澜园发〔2024〕十二号", "park"),
        ("澜园发〔二〇二四〕12号", "park"),
        ("澜川市人民政府令第38号", "park"),
        ("澜川市人民政府令第三十八号", "park"),
        ("澜川市人民政府令 38号", "park"),
        ("澜园养护〔2019〕7号", "lawns"),
        ("澜园养护[2019]007号", "lawns"),
        ("澜交字[2020]5号", "night-bus"),
        ("澜交〔2020〕5号", "night-bus"),
        ("澜人常〔2023〕3号", "vessels"),
        ("澜人常〔2023〕三号", "vessels"),
    ],
)
def test_a_number_finds_its_document_however_it_is_written(ask, typed, source_id):
    for address in (SEARCH, LIST):
        assert ids(ask(address, q=typed))[0] == source_id


@pytest.mark.parametrize(
    ("typed", "source_id"),
    [("公園管理辦法", "park"), ("机动船舶条例", "vessels"), ("機動船舶", "vessels")],
)
def test_both_chinese_scripts_find_both(ask, typed, source_id):
    assert ids(ask(LIST, q=typed))[0] == source_id


@pytest.mark.parametrize("typed", ["公园新规", "Park Code", "Measures for Parks"])
def test_popular_and_translated_names_find(ask, typed):
    assert ids(ask(q=typed))[0] == "park"


# --- bad parameters -----------------------------------------------------------------------------


@pytest.mark.parametrize("address", [SEARCH, LIST])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "0"),
        ("size", "101"),
        ("size", "-1"),
        ("size", "x"),
        ("size", ""),
        ("size", "1.5"),
        ("size", "9" * 5000),
        ("page", "0"),
        ("page", "-1"),
        ("page", "x"),
        ("page", "9" * 5000),
        ("page", "\x00"),
        ("from", "2024-02-30"),
        ("from", "yesterday"),
        ("from", "86400"),
        ("from", "20240108"),
        ("from", "2024-01-08T00:00:00"),
        ("to", "x"),
        ("to", ""),
        ("sort", "luck"),
        ("sort", ""),
        ("kind", "poem"),
        ("kind", "\x00"),
        ("kind", "x" * 10_000),
        ("validity", "maybe"),
        ("lang", "xx"),
        ("lang", "zh"),
    ],
)
def test_a_bad_parameter_is_named_with_what_is_wrong(client, library, address, name, value):
    answer = client.get(address, {name: value})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert list(answer.json()) == ["errors"]
    assert list(errors) == [name]
    assert errors[name]
    assert all(isinstance(words, str) and words for words in errors[name])


def test_several_bad_parameters_are_all_named_also_beside_one_called_query(client, library):
    bad = {
        "size": "0",
        "page": "x",
        "from": "x",
        "kind": ["a", "notice", "b"],
        "type": "song",
        "query": "size",
        "results": "1",
    }
    errors = client.get(SEARCH, bad).json()["errors"]
    assert set(errors) == {"size", "page", "from", "kind", "type"}
    assert len(errors["kind"]) == 2


@pytest.mark.parametrize("address", [SEARCH, LIST])
def test_days_in_the_wrong_order_are_a_fault_of_both(client, library, address):
    days = {"from": "2026-03-02", "to": "2026-03-01"}
    answer = client.get(address, days)
    assert answer.status_code == 422
    words = ["The first day is later than the last day."]
    assert answer.json() == {"errors": {"from": words, "to": words}}
    assert client.get(address, days | {"to": "2026-03-02"}).status_code == 200
    assert list(client.get(address, days | {"from": "x"}).json()["errors"]) == ["from"]


@pytest.mark.parametrize(
    ("address", "language"),
    [
        (f"{SEARCH}?q=公园&lang=fr", "fr"),
        (f"{SEARCH}?q=公园", "zh-hans"),
        (f"{LIST}?lang=ar", "ar"),
        ("/api/v1/suggest?q=公&lang=de", "de"),
        ("/api/v1/policies/LC-NONE/2020-1?lang=ru", "ru"),
        (f"{SEARCH}?size=0&lang=ko", "ko"),
        (f"{SEARCH}?size=0", "en"),
        ("/api/v1/songs?lang=es", "es"),
        ("/api/openapi.json", "en"),
    ],
)
def test_an_answer_says_which_language_it_speaks(client, library, address, language):
    for _again in ("made", "from the cache"):
        assert client.get(address)["Content-Language"] == language


def test_errors_speak_the_language_asked_for(client, library):
    table = {"en": "Give a number from 1 up.", "zh-hans": "1"}
    for code, words in table.items():
        (said,) = client.get(SEARCH, {"size": "0", "lang": code}).json()["errors"]["size"]
        assert words in said
    assert client.get(SEARCH, {"size": "0", "lang": "de"}).json()["errors"]["size"] != [table["en"]]


@pytest.mark.parametrize("name", ["issuer", "subject", "audience", "territory"])
@pytest.mark.parametrize("value", ["\x00", "nobody", "x" * 10_000, "' OR 1=1 --", "😀", "a\nb"])
def test_an_unknown_value_of_an_open_filter_finds_nothing(ask, name, value):
    assert ask(**{name: value})["total"] == 0


def test_an_unknown_parameter_is_passed_over(ask):
    assert ask(q="公园", utm_source="x") == ask(q="公园")


@pytest.mark.parametrize(
    "query", ["\x00", "\x00公园", "𠀀" * 10_000, "NOT", '"', "(", "a" * 10_000]
)
def test_any_query_has_an_answer(ask, query):
    assert ask(q=query)["total"] >= 0
    assert ask(SUGGEST, q=query).keys() == {"suggestions"}


# --- one document -------------------------------------------------------------------------------


def test_one_document_has_its_text_relations_and_interpretations(client, library):
    answer = client.get("/api/v1/policies/LC-PARK/2024-1", {"lang": "en"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["title"] == "Measures for Parks"
    assert found["abstract"] == "Sets the opening hours of parks."
    assert found["url"] == "/en/policies/LC-PARK/2024-1/"
    assert (found["kind"], found["subject"], found["territory"]) == ("rules", "parks", "lanchuan")
    assert sorted(found["audiences"]) == ["companies", "residents"]
    assert (found["adopted_on"], found["effective_on"]) == ("2024-01-05", "2024-02-01")
    assert found["expires_on"] is None
    assert "第二条 禁止在公园内放生。" in found["text"]
    named = {(link["kind"], link["direction"], link["index_number"]) for link in found["relations"]}
    assert named == {
        ("repeals", "from", "LC-PARK/2019-1"),
        ("partly_repeals", "from", "LC-PARK/2019-2"),
        ("suspends", "from", "LC-BUS/2020-1"),
    }
    (explained,) = found["interpretations"]
    assert explained["url"] == "/en/policies/LC-PARK/2024-1/interpretations/1/"


def test_a_relation_is_told_from_the_other_side_too(client, library):
    found = client.get("/api/v1/policies/LC-PARK/2019-2").json()
    (link,) = found["relations"]
    assert (link["kind"], link["direction"], link["provisions"]) == (
        "partly_repeals",
        "to",
        ["第二条"],
    )


def test_a_document_without_data_says_null(client, library):
    found = client.get(f"/api/v1/policies/{library.number('bare')}").json()
    nothing = {"abstract", "subject", "territory", "issued_on", "adopted_on", "effective_on"}
    assert {key for key in nothing if found[key] is not None} == set()
    assert found["relations"] == found["interpretations"] == []


def test_a_number_that_is_not_public_answers_like_one_that_never_was(client, library):
    team = factories.team("LC-HIDE")
    factories.policy(team, "还没有公开的草案")
    never = client.get("/api/v1/policies/LC-NONE/2026-1")
    numbers = [
        "LC-HIDE/2026-1",
        "LC-PARK/2024-99999",
        "LC-PARK/2024-0",
        "LC-PARK/2024-01",
        "LC-PARK/0000-1",
        "LC-PARK/x",
        "lc-park/2024-1",
        "LC-PARK/2024-" + "9" * 40,
        "公园/2024-1",
        "LC-PARK/2024-1%00",
        "LC-PARK/2024-1%0A",
    ]
    assert never.status_code == 404
    assert list(never.json()) == ["errors"]
    for number in numbers:
        answer = client.get(f"/api/v1/policies/{number}")
        assert answer.status_code == 404, number
        assert answer.content == never.content
        assert sorted(answer.headers) == sorted(never.headers)


def test_a_withdrawn_document_is_gone_and_nowhere_else(client, ask, library):
    number = library.withdrawn.index_number
    answer = client.get(f"/api/v1/policies/{number}")
    assert answer.status_code == 410
    assert list(answer.json()) == ["errors"]
    assert "澜川市已撤回的通知" not in json.dumps(answer.json(), ensure_ascii=False)
    assert number not in [line["index_number"] for line in ask(size=100)["results"]]


def test_what_is_not_released_is_in_no_answer(ask, library):
    title = library.draft.headline_zh_hans
    for answer in (
        ask(q=title),
        ask(LIST, q="澜公开发〔2026〕99号"),
        ask(SUGGEST, q="澜川市尚未"),
        ask(q=title, lang="en"),
    ):
        assert title not in json.dumps(answer, ensure_ascii=False)


# --- suggestions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "text", "kind"),
    [
        ("澜川市公园管", "澜川市公园管理办法", "title"),
        ("公园新", "公园新规", "alias"),
        ("澜园发〔2024", "澜园发〔2024〕12号", "number"),
        ("园林绿化局", "澜川市园林绿化局", "issuer"),
        ("园林绿", "园林绿化", "subject"),
        ("一图读", "一图读懂公园管理办法", "title"),
    ],
)
def test_suggestions_have_a_text_a_type_and_an_address(ask, typed, text, kind):
    found = ask(SUGGEST, q=typed)["suggestions"]
    assert all(list(suggestion) == ["text", "type", "url"] for suggestion in found)
    assert (text, kind) in [(line["text"], line["type"]) for line in found]


@pytest.mark.parametrize(
    ("typed", "lang"),
    [
        ("公", "zh-hans"),
        ("公园", "zh-hans"),
        ("2024", "zh-hans"),
        ("澜综〔2", "zh-hans"),
        ("一图", "zh-hans"),
        ("Measures", "en"),
        ("Parks", "en"),
        ("交通", "en"),
        ("تدابير", "ar"),
        ("公园", "ar"),
    ],
)
def test_every_suggestion_leads_to_hits(ask, client, typed, lang):
    for suggestion in ask(SUGGEST, q=typed, lang=lang)["suggestions"]:
        url = urlsplit(suggestion["url"])
        assert url.path.startswith("/policies/" if lang == "zh-hans" else f"/{lang}/policies/")
        page = client.get(suggestion["url"])
        assert page.status_code == 200
        shown = html.unescape(re.sub("<[^>]+>", "", page.content.decode()))
        assert "没有找到" not in shown
        kind = "interpretation" if "interpretations" in url.path else "policy"
        assert ask(**parse_qs(url.query), type=kind)["total"] > 0
        if suggestion["type"] == "title":
            assert suggestion["text"] in shown


def test_nothing_typed_suggests_nothing(ask):
    assert ask(SUGGEST) == ask(SUGGEST, q="") == ask(SUGGEST, q=" ") == {"suggestions": []}


# --- the protocol -------------------------------------------------------------------------------

ADDRESSES = [SEARCH, LIST, SUGGEST, "/api/v1/policies/LC-PARK/2024-1", "/api/openapi.json"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_answer_has_an_etag_and_an_unchanged_one_is_not_sent_again(client, library, address):
    first = client.get(address)
    tag = first["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == tag
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_an_etag_belongs_to_one_question(client, library):
    tags = {
        client.get(SEARCH, parameters)["ETag"]
        for parameters in ({}, {"q": "公园"}, {"page": 2}, {"lang": "en"})
    }
    assert len(tags) == 4


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_answers_like_get_without_a_body(client, library, address):
    answer = client.head(address)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["Content-Type"] == client.get(address)["Content-Type"]


@pytest.mark.parametrize("address", ADDRESSES[:-1])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(client, library, address, method):
    answer = getattr(client, method)(address)
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]


def test_every_answer_is_open_to_every_origin(client, library):
    origin = {"Origin": "https://elsewhere.example"}
    tag = client.get(SEARCH)["ETag"]
    answers = {
        200: client.get(SEARCH, headers=origin),
        304: client.get(SEARCH, headers=origin | {"If-None-Match": tag}),
        404: client.get("/api/v1/policies/LC-NONE/2026-1", headers=origin),
        410: client.get(f"/api/v1/policies/{library.withdrawn.index_number}", headers=origin),
        422: client.get(SEARCH, {"size": "0"}, headers=origin),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer["Access-Control-Allow-Origin"] == "*", status
        assert "Access-Control-Allow-Credentials" not in answer
    assert client.get("/api/openapi.json")["Access-Control-Allow-Origin"] == "*"
    assert not client.get("/").has_header("Access-Control-Allow-Origin")


def test_a_browser_may_ask_conditionally_from_elsewhere(client, library):
    answer = client.options(
        SEARCH,
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert answer.status_code in (200, 204)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer["Access-Control-Allow-Methods"]
    assert "POST" not in answer["Access-Control-Allow-Methods"]
    assert "if-none-match" in answer["Access-Control-Allow-Headers"].lower()
    assert "etag" in client.get(SEARCH)["Access-Control-Expose-Headers"].lower()


@pytest.mark.parametrize("address", [SEARCH, LIST, f"{SUGGEST}?q=公"])
def test_an_answer_says_that_search_is_down(client, library, settings, address):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:1"]
    answer = client.get(address)
    assert answer.status_code == 503
    assert list(answer.json()["errors"]) == ["search"]
    assert answer["Access-Control-Allow-Origin"] == "*"
    settings.ELASTICSEARCH_URL = ()
    assert client.get(address).status_code == 200, "it was not kept"


def test_one_document_needs_no_search(client, library, settings):
    settings.ELASTICSEARCH_URL = ["http://127.0.0.1:1"]
    assert client.get("/api/v1/policies/LC-PARK/2024-1").status_code == 200


# --- the description ----------------------------------------------------------------------------


@pytest.fixture
def described(client, library):
    return client.get("/api/openapi.json").json()


def test_every_address_is_described_with_its_parameters_and_answers(described):
    stated = {
        path: (
            {parameter["name"] for parameter in methods["get"]["parameters"]},
            set(methods["get"]["responses"]),
        )
        for path, methods in described["paths"].items()
    }
    others = {path for path in stated if path.startswith("/api/v1/consultations")}
    assert {path: stated[path] for path in stated.keys() - others} == {
        SEARCH: (PARAMETERS | {"type"}, {"200", "422", "503"}),
        LIST: (PARAMETERS, {"200", "422", "503"}),
        "/api/v1/policies/{code}/{number}": (
            {"code", "number", "lang"},
            {"200", "404", "410", "422"},
        ),
        SUGGEST: ({"q", "lang"}, {"200", "422", "503"}),
    }
    assert all(list(methods) == ["get"] for methods in described["paths"].values())


def test_every_answer_has_a_named_schema_that_is_there(described):
    schemas = described["components"]["schemas"]
    named = re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(described))
    assert set(named) <= schemas.keys()
    for methods in described["paths"].values():
        for answer in methods["get"]["responses"].values():
            for media_type, body in answer["content"].items():
                assert "$ref" in str(body["schema"]) or media_type == "text/csv"


def test_the_schemas_say_what_is_answered(described, ask):
    schemas = described["components"]["schemas"]

    def keys(name):
        return set(schemas[name]["properties"])

    answer = ask(q="公园")
    assert keys("SearchOut") == set(answer)
    assert keys("ResultOut") == set(answer["results"][0])
    assert keys("FacetValueOut") == set(answer["facets"]["kind"][0])
    assert keys("ListOut") == set(ask(LIST))
    assert keys("PolicyOut") == set(ask("/api/v1/policies/LC-PARK/2024-1"))
    assert keys("SuggestionOut") == set(ask(SUGGEST, q="公园")["suggestions"][0])


@pytest.mark.parametrize("code", CODES)
def test_the_description_can_be_read_on_a_page_without_outside_requests(client, library, code):
    prefix = "" if code == "zh-hans" else f"/{code}"
    page = client.get(f"{prefix}/data/")
    text = page.content.decode()
    assert page.status_code == 200
    for path in (SEARCH, LIST, "/api/v1/policies/{code}/{number}", SUGGEST, "/api/openapi.json"):
        assert path in text
    for name in PARAMETERS:
        assert f">{name}<" in text
    assert not re.search(
        r'<(?:script|img|iframe|link rel="(?:stylesheet|icon)")[^>]+"https?:', text
    )


def test_the_usual_address_of_a_documentation_leads_to_that_page(client, library):
    answer = client.get("/api/docs", follow=True)
    assert answer.status_code == 200
    assert SEARCH in answer.content.decode()
