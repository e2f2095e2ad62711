"""Changes documents through the services, in a process of its own, until it is stopped.

Each line it reads toggles one document; each line it writes says what is committed:
``<index number> withdrawn`` or ``<index number> shown``. With ``storm`` it asks nobody.
"""

import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "site"), str(ROOT)]

import django  # noqa: E402

django.setup()

from django.utils import timezone  # noqa: E402

from policies import services  # noqa: E402
from policies.models import Release  # noqa: E402


def toggle() -> None:
    release = random.choice(Release.objects.all())
    if release.withdrawals.open().exists():
        services.reinstate(release, reason="恢复", user=None, now=timezone.now())
        print(release.index_number, "shown", flush=True)
    else:
        services.withdraw(
            release, reason="撤下", still_proactive=True, user=None, now=timezone.now()
        )
        print(release.index_number, "withdrawn", flush=True)


print("ready", flush=True)
if "storm" in sys.argv:
    sys.stdout = Path("/dev/null").open("w")  # noqa: SIM115 - it lasts as long as the process
while "storm" in sys.argv or sys.stdin.readline():
    toggle()
