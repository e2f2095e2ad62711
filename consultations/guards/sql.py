"""What the guards of this app ask again and again."""

PERIOD = "consultations_period"


def newest_period(column: str, announcement: str = "NEW.announcement_id") -> str:
    """A column of the period that counts."""
    return (
        f"(SELECT p.{column} FROM {PERIOD} p "  # noqa: S608 - our own names
        f"WHERE p.announcement_id = {announcement} ORDER BY p.seq DESC LIMIT 1)"
    )
