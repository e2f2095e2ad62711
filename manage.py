#!/usr/bin/env python
"""Django's command line, with both source roots (the project's own and `site/`) on the path."""

import os
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - the line is for whoever has an older one
    sys.exit(f"Gongkai needs Python 3.11 or newer, this is {sys.version.split()[0]}.")

ROOT = Path(__file__).resolve().parent


def main() -> None:
    sys.path[:0] = [str(ROOT / "site"), str(ROOT)]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed for this Python: use .venv/bin/python (`make install`).")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
