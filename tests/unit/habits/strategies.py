"""Rules, records and clocks for the laws of the habits domain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import strategies as st

from habits.domain.records import EVERY_DAY, Kind, Record, Rule, TargetType

TODAY = date(2025, 6, 15)

zones = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
day_starts = st.integers(0, 360)
days = st.dates(date(1971, 1, 1), date(2037, 12, 30))
masks = st.integers(1, EVERY_DAY)
instants = st.integers(31_536_000, 2_145_830_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))

rules = st.builds(
    Rule,
    kind=st.sampled_from(Kind),
    freq_num=st.integers(1, 8),
    freq_den=st.sampled_from([1, 2, 3, 5, 7, 14, 30, 31]),
    weekdays=st.one_of(st.just(EVERY_DAY), masks),
    target_type=st.sampled_from(TargetType),
    target_value=st.sampled_from([0.0, 0.5, 1.0, 2.5, 10.0]),
)
tick_rules = st.builds(Rule, freq_num=st.integers(1, 5), freq_den=st.sampled_from([1, 2, 3, 7, 14, 30, 31]))

records = st.one_of(
    st.just(Record(value=1000)),
    st.just(Record(value=0)),
    st.just(Record(skipped=True)),
    st.just(Record(noted=True)),
    st.builds(Record, value=st.integers(0, 20_000)),
)
histories = st.dictionaries(
    st.integers(-90, 5).map(lambda offset: TODAY + timedelta(days=offset)), records, max_size=70
)
