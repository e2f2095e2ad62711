"""What a reader does with a letter."""

import re


def token_in(body):
    """The token of the address in a letter."""
    return re.search(r"/following/([^/\s]+)/", body)[1]
