"""What the database itself knows of working days, for the triggers of periods."""

from guards.registry import Guard, postgresql_trigger, refusal, sqlite_trigger, view

# A correction can take a working day away from a count, and never add one.
_COUNTS = """
    SELECT d.date, CASE WHEN d.kind IN ('working', 'make-up') AND NOT EXISTS (
        SELECT 1 FROM workdays_daycorrection c
         WHERE c.day_id = d.date AND c.kind NOT IN ('working', 'make-up')
    ) THEN 1 ELSE 0 END
    FROM workdays_calendarday d
"""
COUNTING_DAY = view(
    "workdays_counting_day",
    "date, counts",
    table="workdays_daycorrection",
    sqlite=_COUNTS,
    postgresql=_COUNTS,
)
"""Each announced day with 1 if a period of working days counts it, else 0.

A sum over a span is to be trusted only if the number of rows is the number of its days.
"""

# A day in another spelling would be counted twice, a Saturday as a working day for nothing.
_NAME = "workdays_day_fits_its_week"
_ODD = """
    NEW.kind = 'working' AND {weekday} IN ({weekend})
    OR NEW.kind IN ('weekend', 'make-up') AND {weekday} NOT IN ({weekend})
"""
_ODD_ON_SQLITE = _ODD.format(weekday="strftime('%w', NEW.date)", weekend="'0', '6'")
_ODD_ON_POSTGRESQL = _ODD.format(weekday="extract(isodow FROM NEW.date)", weekend="6, 7")
DAY_FITS_ITS_WEEK = Guard(
    _NAME,
    "workdays_calendarday",
    sqlite=(
        sqlite_trigger(
            _NAME,
            "workdays_calendarday",
            "BEFORE INSERT",
            f"SELECT RAISE(ABORT, '{_NAME}') "
            f"WHERE NEW.date IS NOT strftime('%Y-%m-%d', NEW.date) OR {_ODD_ON_SQLITE};",
        ),
    ),
    postgresql=postgresql_trigger(
        _NAME,
        "workdays_calendarday",
        "BEFORE INSERT",
        f"IF {_ODD_ON_POSTGRESQL} THEN {refusal(_NAME)} END IF; RETURN NEW;",
    ),
)
