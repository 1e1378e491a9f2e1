"""The weekday on which people of a territory begin their week. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from itertools import takewhile

MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6

_BY_FIRST_DAY = {
    FRIDAY: "MV",
    SATURDAY: "AE AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY",
    SUNDAY: (
        "AG AS AU BD BR BS BT BW BZ CA CN CO DM DO ET GT GU HK HN ID IL IN JM JP KE KH KR LA MH MM MO MT MX MZ NI NP "
        "PA PE PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW"
    ),
}
"""Territories (ISO 3166-1 alpha-2) that do not begin on Monday: Unicode CLDR, supplemental data, weekData/firstDay."""

_FIRST_DAY = {territory: day for day, territories in _BY_FIRST_DAY.items() for territory in territories.split()}


def first_weekday(territory: str) -> int:
    """Return the first weekday (0 is Monday) for an ISO 3166-1 code; Monday, as in CLDR, for any other one."""
    return _FIRST_DAY.get(territory.upper(), MONDAY)


def first_weekday_of_locale(locale: str) -> int:
    """Return the first weekday for a language tag such as `pt-BR` or `zh_Hant_TW`; Monday if it names no territory."""
    subtags = locale.replace("_", "-").split("-")[1:]
    # A subtag of one letter begins an extension (BCP 47), whose own subtags may look like territories.
    names = takewhile(lambda subtag: len(subtag) > 1, subtags)
    return next((first_weekday(name) for name in names if len(name) == 2), MONDAY)
