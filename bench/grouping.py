"""How well and how fast campaigns are found among comments on the same subjects.

    python bench/grouping.py [--seed 2026] [--labelled 5000] [--many 20000]

The comments and what belongs together come from `comments.py`; the seeds 1 to 3 served to choose
the numbers in `consultations/similarity.py`, so others are measured here. Precision and recall
count pairs of comments: of the pairs put together how many belong together, and of those that
belong together how many were put so. By comment, the same is averaged over the comments, so that
large campaigns do not outweigh small ones. Baselines of the same run: comments equal but for
script, case, spaces and punctuation; and each pair compared and joined in chains (labelled set
only). The exit status is 1 below the aims.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import measure

from bench.comments import Comment, Crowd, by_comments, by_pairs, draft
from consultations.similarity import KEPT, folded, grams, groups

PRECISION, RECALL = 0.95, 0.90
Groups = list[list[int]]
Grouping = Callable[[Sequence[str]], Groups]


def ours(texts: Sequence[str]) -> Groups:
    """As an officer gets them."""
    return groups(texts, draft())


def equal(texts: Sequence[str]) -> Groups:
    """Texts that are the same when folded."""
    found: dict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        found[folded(text)].append(index)
    return [group for group in found.values() if len(group) > 1]


def chained(texts: Sequence[str]) -> Groups:
    """Every pair compared; whoever is close to one of a group belongs to it."""
    quoted = grams(folded(draft()))
    bags = [grams(folded(text)) - quoted for text in texts]
    group_of = {index: [index] for index in range(len(texts))}
    for one, other in itertools.combinations(range(len(texts)), 2):
        common = len(bags[one] & bags[other])
        if (
            common
            and group_of[one] is not group_of[other]
            and KEPT * max(len(bags[one]), len(bags[other])) <= common
        ):
            group_of[one] += group_of[other]
            for member in group_of[other]:
                group_of[member] = group_of[one]
    return [group for index, group in group_of.items() if group[0] == index and len(group) > 1]


def report(comments: Sequence[Comment], ways: dict[str, Grouping]) -> tuple[float, float]:
    """Prints a line for each way; gives precision and recall by pairs of the first."""
    texts = [comment.text for comment in comments]
    campaigns = Counter(comment.campaign for comment in comments if comment.campaign > 0)
    print(
        f"\n{len(comments)} comments, {campaigns.total()} of them in {len(campaigns)} campaigns"
        f" of {min(campaigns.values())} to {max(campaigns.values())}"
    )
    print(f"{'':34}{'groups':>8}{'precision':>11}{'recall':>8}{'by comment':>18}{'seconds':>9}")
    reached = []
    for name, way in ways.items():
        started = time.perf_counter()
        found = way(texts)
        seconds = time.perf_counter() - started
        precision, recall = by_pairs(found, comments)
        reached.append((precision, recall))
        one, other = by_comments(found, comments)
        print(
            f"  {name:32}{len(found):8}{precision:11.3f}{recall:8.3f}{one:10.3f}{other:8.3f}"
            f"{seconds:9.2f}"
        )
    return reached[0]


def main() -> int:
    """Print the figures; 1 if one of them is below its aim."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--labelled", type=int, default=5_000)
    parser.add_argument("--many", type=int, default=20_000)
    chosen = parser.parse_args()
    print(f"{measure.machine()}; aims: precision {PRECISION}, recall {RECALL}")
    ways: dict[str, Grouping] = {"groups": ours, "equal when folded": equal}
    reached = [
        report(
            Crowd(chosen.seed).comments(chosen.labelled), ways | {"every pair, in chains": chained}
        ),
        report(Crowd(chosen.seed + 1).comments(chosen.many), ways),
    ]
    missed = any(precision < PRECISION or recall < RECALL for precision, recall in reached)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
