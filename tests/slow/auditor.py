"""Says, inside a site whose server is dead, what became of the comments that were sent to it."""

import json
import sys

from django.utils import timezone

from consultations import services
from consultations.models import Announcement, CommentText
from ledger import services as ledger
from outbox import services as outbox


def report() -> None:
    """Reads submission ids and receipt codes; brings about what is still in the outbox.

    Writes the receipt code of each id that is in the register, the text of each code, and all
    texts there are.
    """
    asked = json.load(sys.stdin)
    # A dead consumer's lease has to run out first.
    later = timezone.now() + outbox.LEASE
    outbox.drain(later)
    ledger.seal(later)
    announcement = Announcement.objects.get()
    receipts = {one: services.sent_before(announcement, one) for one in asked["submissions"]}
    comments = {code: services.find(code) for code in asked["codes"]}
    print(
        json.dumps(
            {
                "codes": {one: receipt.code for one, receipt in receipts.items() if receipt},
                "texts": {
                    code: comment.texts.get().text for code, comment in comments.items() if comment
                },
                "all": list(CommentText.objects.values_list("text", flat=True)),
            }
        )
    )
