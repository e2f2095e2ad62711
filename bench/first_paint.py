"""How soon a browser shows a law of 100,000 characters, against a short one.

    python bench/first_paint.py [--folder FOLDER] [--rounds 9]

A site of its own holds one short and one long law for each round, which differ, so that the first
visit meets neither a cached page nor a parsed text. Chromium reads each law twice: "uncached" is
the first visit, "cached" the second; between them it leaves the page and its own cache is off for
pages and on for style sheets, as for a reader who comes from the library. The time is the
browser's own first contentful paint, from the click on. A phone has a processor four times slower
and a line of 1.6 Mbit/s with 150 ms there and back. Needs Chromium (`make services` gets it).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import measure

LONG, SHORT = 100_000, 2_000
MOST = 1.25
SECONDS_TO_START = 60
SENTENCE = "市、区人民政府应当加强领导，有关部门按照各自职责做好组织实施、监督检查和公开答复工作。"
DISPLAYS: dict[str, dict[str, Any]] = {
    "desk": {"width": 1280, "processor": 1, "line": None},
    "phone": {
        "width": 390,
        "processor": 4,
        "line": {
            "offline": False,
            "latency": 150,
            "downloadThroughput": 1.6e6 / 8,
            "uploadThroughput": 0.75e6 / 8,
        },
    },
}
PAINTED = """
const done = arguments[arguments.length - 1];
const [seen] = performance.getEntriesByName("first-contentful-paint");
if (seen) done(seen.startTime);
else new PerformanceObserver(list => {
  const [entry] = list.getEntriesByName("first-contentful-paint");
  if (entry) done(entry.startTime);
}).observe({type: "paint", buffered: true});
"""


def law(name: str, length: int) -> dict[str, str]:
    """A law of ``length`` characters in chapters of twenty articles, as an import takes it."""
    lines: list[str] = []
    written = number = 0
    while written < length:
        if number % 20 == 0:
            lines.append(f"第{number // 20 + 1}章　{name}的第{number // 20 + 1}部分")
        number += 1
        lines += [f"第{number}条　{name}第{number}项。{SENTENCE}", SENTENCE * 2]
        written += sum(len(line) for line in lines[-2:])
    return {
        "id": name,
        "title": f"澜川市{name}条例",
        "issuer": "澜川市人民代表大会常务委员会",
        "doc_number": "",
        "date": "2024-01-08",
        "status": "现行有效",
        "body": "\n".join(lines),
    }


def laws(rounds: int) -> dict[str, list[str]]:
    """The addresses of the short and of the long laws, which are imported first."""
    from django.core.management import call_command

    from policies.models import ImportRecord

    made = {
        "short law": [law(f"short-{n}", SHORT) for n in range(rounds)],
        "long law": [law(f"long-{n}", LONG) for n in range(rounds)],
    }
    file = measure.ROOT / os.environ["GONGKAI_VAR"] / "laws.jsonl"
    rows = [json.dumps(row, ensure_ascii=False) for group in made.values() for row in group]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    call_command("import_policies", file)
    found = ImportRecord.objects.select_related("page__release")
    addresses = {r.source_id: r.page.release.get_absolute_url() for r in found}
    return {name: [addresses[row["id"]] for row in group] for name, group in made.items()}


@contextmanager
def served() -> Iterator[str]:
    """The address of the site, served as production would."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    # Told to be a demo it takes a made-up key; nothing else that is measured depends on it.
    environment = os.environ | {"DEMO": "true", "PORT": str(port), "PUBLIC_URL": address}
    program = Path(sys.executable).parent / "gunicorn"
    with subprocess.Popen([program], env=environment, cwd=measure.ROOT) as server:
        try:
            deadline = time.monotonic() + SECONDS_TO_START
            while time.monotonic() < deadline:
                try:
                    with urllib.request.urlopen(f"{address}/healthz"):
                        break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.2)
            yield address
        finally:
            server.terminate()


def chromium() -> Any:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        sys.exit("Chromium is not here: `make services` gets it on Debian or Ubuntu.")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.page_load_strategy = "none"  # what comes after the first paint is not waited for
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(driver))


def set_up(browser: Any, display: dict[str, Any]) -> None:
    """Makes the browser a desk's or a phone's."""
    metrics = {"width": display["width"], "height": 844, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": display["processor"]})
    no_limit = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", display["line"] or no_limit)


def first_paint(browser: Any, address: str) -> float:
    """Milliseconds from the start of a navigation to its first contentful paint."""
    browser.get("about:blank")
    while browser.current_url != "about:blank":
        time.sleep(0.01)
    browser.get(address)
    while not browser.current_url.startswith(address.partition("#")[0]):
        time.sleep(0.01)
    return float(browser.execute_async_script(PAINTED))


def main() -> int:
    options = measure.options(__doc__, rounds=9)
    folder = measure.fresh_folder(options.folder / "first-paint")
    measure.empty_site(folder)
    addresses = laws(options.rounds * len(DISPLAYS))
    print(f"first paint: laws of {SHORT:,} and {LONG:,} characters, {measure.machine()}")
    worst = 0.0
    with served() as site, chromium() as browser:
        browser.set_script_timeout(60)
        for number, (name, display) in enumerate(DISPLAYS.items()):
            set_up(browser, display)
            first_paint(browser, f"{site}/about/")  # fetches the style sheets
            times: dict[tuple[str, str], list[float]] = {}
            for turn in range(options.rounds):
                for kind, pages in addresses.items():
                    page = site + pages[number * options.rounds + turn]
                    for state in ("uncached", "cached"):
                        spent = first_paint(browser, page)
                        times.setdefault((state, kind), []).append(spent)
            medians = {case: statistics.median(spent) for case, spent in times.items()}
            print(f"\n{name:30}{'p50 ms':>9}{'ratio':>8}")
            for state in ("uncached", "cached"):
                for kind in addresses:
                    ratio = medians[state, kind] / medians[state, "short law"]
                    print(f"  {kind + ', ' + state:28}{medians[state, kind]:9.0f}{ratio:8.2f}")
                worst = max(worst, ratio)
    print(f"\n{measure.machine()}; the worst ratio is {worst:.2f} (aim: at most {MOST})")
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
