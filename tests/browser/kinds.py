"""The kinds of public pages, each by its Chinese address or by a question to the open API."""

WITHDRAWN = "LC-GA/2026-2"
IMPORTED = {
    "id": "browser-1",
    "title": "旧时公布的街道照明办法",
    "issuer": "",
    "doc_number": "",
    "date": "",
    "status": "现行有效",
    "body": "第一条 街道应当照明。\n第二条 本办法自公布之日起施行。",
}
KINDS: dict[str, str | dict[str, str]] = {
    "home": "/",
    "library": "/policies/",
    "library with query and filters": "/policies/?q=办法&validity=in_force&from=2019-01-01",
    "library without results": "/policies/?q=海底捞针&kind=notice",
    "policy in force": {"q": "夜间公交", "validity": "in_force"},
    "policy partly repealed": {"validity": "partly"},
    "policy repealed": {"validity": "repealed"},
    "policy withdrawn": f"/policies/{WITHDRAWN}/",
    "policy imported": {"q": IMPORTED["title"]},
    "interpretation with a picture": {"q": "一图读懂", "type": "interpretation"},
    "interpretation in questions": {"q": "家长问得最多", "type": "interpretation"},
    "interpretations": "/policies/interpretations/",
    "catalogue": "/policies/catalogue/",
    "site map": "/sitemap/",
    "about": "/about/",
    "accessibility": "/accessibility/",
    "privacy": "/privacy/",
    "missing page": "/no-such-page/",
    "open data": "/data/",
    "login": "/accounts/login/",
}
