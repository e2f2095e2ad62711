"""How many documents of a corpus parse with their articles in unbroken order.

    python bench/provisions.py --corpus laws.jsonl.xz

The corpus is a file of one JSON object a line with `id`, `title` and `body`, `.xz` or plain; the
environment variable CORPUS may name it too. Counted are the documents that number their articles:
at least two lines start with 第N条. Of these a document passes if the parser finds articles in it
and their numbers run from 1 without a break (第N条之一 may stand between; an annexed document runs
for itself). The others are listed with the reason. A text that lost anything in parsing, whatever
its numbers, fails too. The exit status is 1 below 98 %.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import measure

from legaltext.order import breaks
from legaltext.parser import parse
from legaltext.tree import squeeze

AIM = 98.0
# Deliberately not the parser's own pattern: what it misses must show.
NUMBERED = re.compile(r"^\s*第\s*[零〇○一二三四五六七八九十百千两0-9０-９]+\s*条", re.M)


def documents(path: Path) -> Iterator[dict[str, str]]:
    """The documents of a corpus file."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def fault(body: str) -> str:
    """Why the document fails, or an empty string."""
    tree = parse(body)
    if squeeze("".join(tree.lines())) != squeeze(body):
        return "text was lost"
    if not tree.articles():
        return "no articles of its own: its lines cite another document's"
    return "; ".join(f"{found.reason} at {found.anchor}" for found in breaks(tree)[:3])


def main() -> int:
    """Print the figure and the list; 1 if the figure is below the aim."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    measure.add_file(parser, "corpus")
    path: Path = parser.parse_args().corpus
    total = numbered = characters = 0
    slowest = seconds = 0.0
    faults: list[tuple[str, str, str]] = []
    for document in documents(path):
        body = document["body"]
        total += 1
        characters += len(body)
        start = time.process_time()
        parse(body)
        spent = time.process_time() - start
        seconds += spent
        slowest = max(slowest, spent)
        if len(NUMBERED.findall(body)) < 2:
            continue
        numbered += 1
        if reason := fault(body):
            faults.append((document["id"], document["title"], reason))
    passed = numbered - len(faults)
    share = 100 * passed / numbered if numbered else 0.0
    print(f"{total} documents, {numbered} number their articles")
    print(f"in unbroken order: {passed} of {numbered} = {share:.2f} % (aim: {AIM} %)")
    rate = 1000 * seconds / (characters / 100_000) if characters else 0.0
    print(
        f"parsed in {seconds:.1f} s of processor time, {rate:.1f} ms per 100,000 characters,",
        end=" ",
    )
    print(f"slowest document {1000 * slowest:.0f} ms")
    for identifier, title, reason in faults:
        print(f"{identifier}\t{reason}\t{title}")
    return 0 if share >= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
