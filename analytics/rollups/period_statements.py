"""The SQL of weeks and months: sums of closed days, set by set. Its rules are `analytics.domain.totals`."""

from analytics.domain.outcomes import NOTABLE_STREAK, Outcome
from analytics.domain.totals import LOOK_BACK, NOTABLE_CHANGE
from habits.domain.records import THOUSANDTHS

LONGEST_PERIOD = 31
"""Days of a period at most."""


def _scheduled_until(day: str) -> str:
    """Give the SQL that counts the days of `weekdays` from Monday, 1 January 1, to a day, both included."""
    since = f"({day} - date '0001-01-01' + 1)"
    return f"{since} / 7 * bit_count(weekdays::int::bit(7)) + bit_count((weekdays & (1 << {since} %% 7) - 1)::bit(7))"


# Sum up the days of periods in place of what is stored of them; a period without closed days has no row. All is kept
# apart by person and first day. Each day of a period is a probe of the primary key of days; people who are gone are
# left out. The days are counted up to a constant, since the planner takes a series of unknown length for a thousand
# days, and then reads the table of all days rather than probe it. What is joined in the end is materialized, lest it be
# worked out once for each period where few are expected.
ROLL_UP = f"""
WITH period AS MATERIALIZED (
    SELECT c.user_id, p.first_day, p.last_day, p.best_hour
    FROM unnest(%(users)s::bigint[], %(firsts)s::date[], %(lasts)s::date[], %(hours)s::smallint[])
         AS p (user_id, first_day, last_day, best_hour)
    JOIN analytics_userclock c ON c.user_id = p.user_id
), daily AS MATERIALIZED (
    SELECT p.first_day, d.*, d.done::float8 / nullif(d.due - d.skipped, 0) AS rate
    FROM period p
    JOIN generate_series(0, {LONGEST_PERIOD - 1}) AS n ON n <= p.last_day - p.first_day
    JOIN analytics_userday d ON d.user_id = p.user_id AND d.day = p.first_day + n
), summed AS (
    SELECT user_id, first_day, count(*) AS days, sum(due) AS due, sum(done) AS done, sum(skipped) AS skipped,
           sum(missed) AS missed, sum(extra) AS extra, count(*) FILTER (WHERE done > 0 AND missed = 0) AS perfect_days,
           sum(focus_seconds) AS focus_seconds, max(focus_longest) AS focus_longest,
           sum(focus_sessions) AS focus_sessions,
           (array_agg(strength ORDER BY day DESC) FILTER (WHERE strength IS NOT NULL))[1] AS strength,
           (array_agg(day ORDER BY rate DESC, day) FILTER (WHERE rate IS NOT NULL))[1] AS best_day,
           (array_agg(day ORDER BY rate, day) FILTER (WHERE rate IS NOT NULL))[1] AS worst_day
    FROM daily GROUP BY user_id, first_day
), weekdays AS MATERIALIZED (
    SELECT DISTINCT ON (user_id, first_day) user_id, first_day, weekday
    FROM (
        SELECT p.user_id, p.first_day, extract(isodow FROM d.day)::int - 1 AS weekday, sum(d.done) AS done,
               sum(d.done)::float8 / nullif(sum(d.due - d.skipped), 0) AS rate
        FROM period p CROSS JOIN generate_series(0, {LOOK_BACK.days}) AS n
        JOIN analytics_userday d ON d.user_id = p.user_id AND d.day = p.last_day - n
        GROUP BY p.user_id, p.first_day, weekday
    ) AS counted
    WHERE done > 0
    ORDER BY user_id, first_day, rate DESC, done DESC, weekday
), habit_days AS MATERIALIZED (
    SELECT d.user_id, d.first_day, d.day, h.habit_id, h.outcome, h.strength
    FROM daily d CROSS JOIN LATERAL unnest(d.habits, d.outcomes, d.strengths) AS h (habit_id, outcome, strength)
), broken AS MATERIALIZED (
    SELECT user_id, first_day, count(*) AS number FROM habit_days
    WHERE outcome & {Outcome.BROKEN:d} <> 0 GROUP BY user_id, first_day
), categories AS MATERIALIZED (
    SELECT user_id, first_day, jsonb_object_agg(category, jsonb_build_array(due, done, skipped)) AS counts
    FROM (
        SELECT d.user_id, d.first_day, b.category, count(*) FILTER (WHERE outcome & 1 = 1) AS due,
               count(*) FILTER (WHERE outcome & 3 = 3) AS done, count(*) FILTER (WHERE outcome & 5 = 5) AS skipped
        FROM habit_days d JOIN habits_habit b ON b.id = d.habit_id
        WHERE b.category <> ''
        GROUP BY d.user_id, d.first_day, b.category
    ) AS counted
    GROUP BY user_id, first_day
), changes AS (
    SELECT user_id, first_day, habit_id,
           (array_agg(strength ORDER BY day DESC))[1] - (array_agg(strength ORDER BY day))[1] AS change
    FROM (
        SELECT user_id, first_day, day, habit_id, strength FROM habit_days
        UNION ALL
        SELECT p.user_id, p.first_day, e.day, h.habit_id, h.strength
        FROM period p JOIN analytics_userday e ON e.user_id = p.user_id AND e.day = p.first_day - 1
        CROSS JOIN LATERAL unnest(e.habits, e.strengths) AS h (habit_id, strength)
    ) AS with_eve
    GROUP BY user_id, first_day, habit_id
), moves AS MATERIALIZED (
    SELECT user_id, first_day, (array_agg(habit_id ORDER BY change DESC, habit_id))[1] AS top_habit,
           max(change) AS top_change, (array_agg(habit_id ORDER BY change, habit_id))[1] AS slipping_habit,
           min(change) AS slipping_change
    FROM changes GROUP BY user_id, first_day
), lasting AS (
    -- The streaks of habits that counted on the last day of a period, as of a later day of which it is known how long
    -- they were: the day before they broke, or that of the state. Index: streak_event_unique.
    SELECT d.user_id, d.first_day, d.day AS last_day, s.habit_id, s.weekdays, s.ticks, s.at_most, s.target,
           coalesce(e.days, s.streak) AS streak, coalesce(e.day - 1, s.as_of) AS known_on
    FROM period p
    JOIN habit_days d ON d.user_id = p.user_id AND d.first_day = p.first_day AND d.day = p.last_day
    JOIN analytics_habitstate s ON s.habit_id = d.habit_id AND s.as_of >= d.day
    LEFT JOIN LATERAL (
        SELECT day, days FROM analytics_streakevent
        WHERE s.as_of > d.day AND habit_id = s.habit_id AND kind = 'broken' AND day > d.day AND day <= s.as_of
        ORDER BY day LIMIT 1
    ) AS e ON true
), shortened AS (
    -- Less the days since then that asked for something: those of its weekdays, but for neutral days on which it was
    -- not done, by the records, since the habit may have been archived then. Indexes: user_day_neutral,
    -- completion_cell_unique.
    SELECT *, streak - ({_scheduled_until("known_on")}) + ({_scheduled_until("last_day")})
           + CASE WHEN known_on = last_day THEN 0 ELSE (
               SELECT count(*) FROM analytics_userday d
               WHERE d.user_id = lasting.user_id AND d.neutral AND d.day > last_day AND d.day <= known_on
                 AND (weekdays >> extract(isodow FROM d.day)::int - 1) & 1 = 1
                 AND NOT coalesce((
                     SELECT CASE WHEN ticks THEN sum(r.value) > 0
                                 WHEN bool_or(r.skipped) AND coalesce(sum(r.value), 0) <= 0 THEN false
                                 WHEN at_most THEN sum(r.value::float8) / {THOUSANDTHS} <= target
                                 ELSE sum(r.value::float8) / {THOUSANDTHS} >= target END
                     FROM habits_completion r
                     WHERE r.user_id = d.user_id AND r.day = d.day AND r.habit_id = lasting.habit_id
                 ), false)
           ) END AS length
    FROM lasting
), streaks AS MATERIALIZED (
    SELECT DISTINCT ON (user_id, first_day) user_id, first_day, habit_id, length
    FROM shortened
    WHERE length >= {NOTABLE_STREAK}
    ORDER BY user_id, first_day, length DESC, habit_id
), emptied AS (
    DELETE FROM {{table}} t USING period p
    WHERE t.user_id = p.user_id AND t.first_day = p.first_day
      AND NOT EXISTS (SELECT FROM summed s WHERE s.user_id = p.user_id AND s.first_day = p.first_day)
)
INSERT INTO {{table}} (
    user_id, first_day, last_day, days, due, done, skipped, missed, extra, perfect_days, broken, focus_seconds,
    focus_longest, focus_sessions, strength, best_day, worst_day, best_weekday, best_hour, best_streak,
    best_streak_habit, top_habit, top_change, slipping_habit, slipping_change, categories, computed_at
)
SELECT p.user_id, p.first_day, p.last_day, s.days, s.due, s.done, s.skipped, s.missed, s.extra, s.perfect_days,
       coalesce(b.number, 0), s.focus_seconds, s.focus_longest, s.focus_sessions, s.strength, s.best_day, s.worst_day,
       w.weekday, p.best_hour, k.length, k.habit_id,
       CASE WHEN m.top_change >= {NOTABLE_CHANGE} THEN m.top_habit END,
       CASE WHEN m.top_change >= {NOTABLE_CHANGE} THEN m.top_change END,
       CASE WHEN m.slipping_change <= -{NOTABLE_CHANGE} THEN m.slipping_habit END,
       CASE WHEN m.slipping_change <= -{NOTABLE_CHANGE} THEN m.slipping_change END,
       coalesce(c.counts, '{{{{}}}}'), now()
FROM period p
JOIN summed s USING (user_id, first_day)
LEFT JOIN weekdays w USING (user_id, first_day)
LEFT JOIN broken b USING (user_id, first_day)
LEFT JOIN categories c USING (user_id, first_day)
LEFT JOIN moves m USING (user_id, first_day)
LEFT JOIN streaks k USING (user_id, first_day)
ON CONFLICT (user_id, first_day) DO UPDATE SET
    last_day = excluded.last_day, days = excluded.days, due = excluded.due, done = excluded.done,
    skipped = excluded.skipped, missed = excluded.missed, extra = excluded.extra,
    perfect_days = excluded.perfect_days, broken = excluded.broken, focus_seconds = excluded.focus_seconds,
    focus_longest = excluded.focus_longest, focus_sessions = excluded.focus_sessions, strength = excluded.strength,
    best_day = excluded.best_day, worst_day = excluded.worst_day, best_weekday = excluded.best_weekday,
    best_hour = excluded.best_hour, best_streak = excluded.best_streak, best_streak_habit = excluded.best_streak_habit,
    top_habit = excluded.top_habit, top_change = excluded.top_change, slipping_habit = excluded.slipping_habit,
    slipping_change = excluded.slipping_change, categories = excluded.categories, computed_at = excluded.computed_at
"""  # noqa: S608 - made of constants

# Take away the weeks that overlap a week as it was closed: those into which a change had cut its days, by a first
# weekday that only holds from the next week, before this one was summed up. Gives what is left of each before and after
# this one: the days after it may be of a week whose job ran when none of them had a row, and comes no more. Index: the
# primary key of weeks.
GIVE_WAY = """
    WITH cut AS (
        DELETE FROM analytics_userweek w
        USING unnest(%(users)s::bigint[], %(firsts)s::date[], %(lasts)s::date[]) AS p (user_id, first_day, last_day)
        WHERE w.user_id = p.user_id AND w.first_day BETWEEN p.first_day - 6 AND p.last_day AND w.last_day >= p.first_day
          AND (w.first_day, w.last_day) <> (p.first_day, p.last_day)
        RETURNING w.user_id, w.first_day, w.last_day, p.first_day AS closed_first, p.last_day AS closed_last
    )
    SELECT user_id, first_day, closed_first - 1 FROM cut WHERE first_day < closed_first
    UNION ALL
    SELECT user_id, closed_last + 1, last_day FROM cut WHERE last_day > closed_last
"""

# When people tapped on what they did in the four weeks up to the end of periods. A tap whose zone is not known has no
# local hour: the person's present zone may be another one than that in which they lived then, and a week would come
# out otherwise whenever it is summed up. Index: completion_cell_unique.
TAPS = f"""
    SELECT p.n, r.recorded_at, r.recorded_zone
    FROM unnest(%(users)s::bigint[], %(lasts)s::date[]) WITH ORDINALITY AS p (user_id, last_day, n)
    JOIN habits_completion r ON r.user_id = p.user_id AND r.day BETWEEN p.last_day - {LOOK_BACK.days} AND p.last_day
    WHERE r.value > 0 AND r.recorded_at IS NOT NULL AND r.recorded_zone <> ''
"""  # noqa: S608 - made of constants

# Of weeks that have been summed up, those that are worth telling of: what was due and not skipped, what was done, and
# the same of the week that ended on the day before. A week without statistics has no row. Who has done nothing in two
# weeks on end has left the app, and is told of the first of them alone. Index: the primary key of weeks, probed twice.
WORTH_TELLING = """
    SELECT w.user_id, w.first_day, w.last_day, w.due - w.skipped, w.done, coalesce(b.due - b.skipped, 0),
           coalesce(b.done, 0)
    FROM unnest(%(users)s::bigint[], %(firsts)s::date[]) AS p (user_id, first_day)
    JOIN analytics_userweek w ON w.user_id = p.user_id AND w.first_day = p.first_day AND w.days > 0
    LEFT JOIN LATERAL (
        SELECT * FROM analytics_userweek e
        WHERE e.user_id = w.user_id AND e.first_day < w.first_day
        ORDER BY e.first_day DESC LIMIT 1
    ) AS b ON b.last_day = w.first_day - 1
    WHERE w.done + w.extra + w.focus_sessions > 0 OR b.user_id IS NULL OR b.done + b.extra + b.focus_sessions > 0
"""
