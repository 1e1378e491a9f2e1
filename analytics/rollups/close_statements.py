"""The SQL of closing days. Its rules for one habit are `analytics.domain.closing`; a test holds it to them.

No instant is converted to or from local time here: PostgreSQL and Python disagree where the clocks go back.
"""

from analytics.domain.outcomes import MILESTONES, NOTABLE_STREAK, Outcome
from habits.domain.history import SKIPPED_AMOUNT
from habits.domain.records import THOUSANDTHS

# Settings of the transaction: the statements below probe indexes for each person, whatever the planner thinks of the
# size of tables that it has not analysed yet.
PLAN = """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_mergejoin', 'off', true),
           set_config('random_page_cost', '1.1', true), set_config('jit', 'off', true),
           set_config('work_mem', '16MB', true)
"""

# Claim people whose open day is over, the longest overdue first, and hold their clocks until the end of the
# transaction; whoever is held by somebody else comes in a later batch. The limit is part of the text: as a parameter of
# a generic plan it would lead to reading the whole table. Index: clock_due.
CLAIM = """
    SELECT user_id, zone, day_start, week_start, last_closed, began_at, next_rollover_at, neutral, week_first,
           week_last, coalesce(focused_at >= began_at, false), ctid::text
    FROM analytics_userclock
    WHERE next_rollover_at <= %s {only}
    ORDER BY next_rollover_at
    LIMIT {limit}
    FOR NO KEY UPDATE SKIP LOCKED
"""

ONLY = "AND user_id = ANY(%s)"

DAY_ZERO = "date '0001-01-01' - 1"
"""The day before the first, so that the number of a day is Python's ordinal."""

# Close one day of each claimed person: take the state of every habit a day further, insert the person's day, note what
# became of streaks, and move the clock on. Gives the people for whom something has to be worked out looking back: a
# habit whose state is not that of the day before, or of which only earlier records decide.
#
# Days and instants come as numbers, which PostgreSQL reads several times quicker than their text. What is inserted is
# looked for before: whoever inserts holds the clock, and ON CONFLICT would write a second time for each row.
#
# It starts after the claim, so it sees every record whose transaction ended before. One that ends later has a job,
# which waits for the clock and then finds the day closed. Idempotent: a state moves only from the day before, a day is
# inserted once, and a clock moves on with them. States and clocks are found by their physical place, which the held
# clocks keep in place; a state that is moved all the same would be found wanting in the next night and worked out anew.
# Indexes: completion_cell_unique (the day, and the day that leaves a window), that of states by person, focus_of_day,
# streak_event_unique, the primary key of days.
CLOSE = f"""
WITH due AS MATERIALIZED (
    SELECT user_id, day, day - 1 AS eve, extract(isodow FROM day)::int - 1 AS weekday, neutral, focused, place,
           to_timestamp(began) AS began_at, to_timestamp(ended) AS ended_at, to_timestamp(next) AS next_at,
           {DAY_ZERO} + week_first AS week_first, {DAY_ZERO} + week_last AS week_last
    FROM unnest(%(users)s::bigint[], %(days)s::int[], %(began)s::float8[], %(ended)s::float8[], %(neutral)s::boolean[],
                %(focused)s::boolean[], %(next)s::float8[], %(week_first)s::int[], %(week_last)s::int[],
                %(places)s::tid[])
         AS claimed (user_id, number, began, ended, neutral, focused, next, week_first, week_last, place),
         LATERAL (SELECT {DAY_ZERO} + number AS day) AS it
), recorded AS (
    SELECT r.habit_id, greatest(sum(r.value::float8), 0) AS value,
           bool_or(r.skipped) AND NOT coalesce(sum(r.value::float8) > 0, false) AS skipped,
           bool_or(r.value IS NOT NULL) AS valued,
           bool_or(r.value IS NOT NULL OR r.skipped OR r.note <> '') AS known,
           min(r.recorded_at) AS first_at, max(r.recorded_at) AS last_at
    FROM due JOIN habits_completion r ON r.user_id = due.user_id AND r.day = due.day
    GROUP BY r.habit_id
), marked AS (
    SELECT s.user_id, s.habit_id, s.ctid AS place, s.ticks, s.at_most, s.doubled, s.days, s.times, s.decay, s.target,
           s.strength, s.window_sum, s.skips, s.recent, s.streak, s.run_start, s.run_end, s.covered_until,
           s.first_day, s.days * (1 + s.doubled::int) AS span, s.ticks AND s.days > 1 AS has_runs, s.days < 30 AS short,
           s.as_of = due.eve AS in_step,
           s.made_on <= due.day OR s.first_day IS NOT NULL OR coalesce(r.known, false) AS counts,
           s.unsure_since, due.day, due.neutral, due.weekday,
           (s.weekdays >> due.weekday) & 1 = 1 AS scheduled, coalesce(r.value, 0) AS value,
           coalesce(r.skipped, false) AS skipped, coalesce(r.known, false) AS known, r.first_at, r.last_at,
           -- Twice what the day adds to a window, and one if it was skipped; the same of the day that leaves it.
           CASE WHEN s.days = 1 OR s.ticks AND s.days < 30 THEN 0 ELSE coalesce((
               SELECT 2 * CASE WHEN s.ticks THEN (sum(d.value::float8) > 0)::int
                               ELSE greatest(coalesce(sum(d.value::float8), 0), 0) END
                    + (bool_or(d.skipped) AND NOT coalesce(sum(d.value::float8) > 0, false))::int
               FROM habits_completion d
               WHERE d.user_id = s.user_id AND d.habit_id = s.habit_id
                 AND d.day = due.day - s.days * (1 + s.doubled::int)
           ), 0) END::bigint AS dropped,
           coalesce(CASE WHEN s.ticks THEN r.value > 0
                         WHEN r.skipped OR NOT r.valued THEN false
                         WHEN s.at_most THEN r.value / {THOUSANDTHS}.0::float8 <= s.target
                         ELSE r.value / {THOUSANDTHS}.0::float8 >= s.target END, false) AS done
    FROM due
    JOIN analytics_habitstate s ON s.user_id = due.user_id
    LEFT JOIN recorded r ON r.habit_id = s.habit_id
    WHERE s.archived_on IS NULL OR s.archived_on > due.day
    OFFSET 0
), weighed AS (
    SELECT *, scheduled AND (done OR NOT neutral) AS asked,
           CASE WHEN first_day IS NULL THEN at_most::int ELSE strength END AS base,
           CASE WHEN has_runs THEN coalesce(day BETWEEN run_start AND run_end, false)
                WHEN ticks THEN done OR skipped
                WHEN skipped THEN CASE WHEN at_most THEN {SKIPPED_AMOUNT} / {THOUSANDTHS}.0::float8 <= target
                                       ELSE {SKIPPED_AMOUNT} / {THOUSANDTHS}.0::float8 >= target END
                ELSE done END AS keeps,
           (CASE WHEN ticks THEN done::int WHEN skipped THEN {SKIPPED_AMOUNT} ELSE value END
            + CASE WHEN days = 1 THEN 0
                   WHEN ticks AND short THEN window_sum - (recent >> (span - 1) & 1)
                   WHEN ticks THEN window_sum - dropped / 2
                   ELSE window_sum - dropped / 2 - {SKIPPED_AMOUNT} * (dropped & 1) END)::bigint AS total,
           CASE WHEN days = 1 THEN false
                WHEN ticks AND short
                THEN bit_count((recent & ((1::bigint << (days - 1)) - 1))::bit(64)) >= times
                WHEN ticks THEN coalesce(covered_until >= day, false)
                WHEN at_most OR target <= 0 THEN false
                ELSE (window_sum - {SKIPPED_AMOUNT} * skips - dropped / 2)::float8 / {THOUSANDTHS} >= target
                END AS covered,
           has_runs AND (coalesce(run_start > day, false) OR neutral OR NOT short AND done) AS unsure
    FROM marked
    OFFSET 0
), stepped AS (
    SELECT user_id, habit_id, place, day, first_at, last_at, known, counts, has_runs, in_step, unsure,
           unsure OR unsure_since IS NOT NULL OR NOT in_step AS looks_back,
           (asked AND NOT covered)::int * {Outcome.DUE:d} + done::int * {Outcome.DONE:d}
           + (skipped AND NOT done)::int * {Outcome.SKIPPED:d} AS outcome,
           CASE WHEN NOT asked OR skipped THEN base
                ELSE base * decay + (1 - decay) * CASE
                    WHEN ticks THEN least(1.0, total::float8 / (times * (1 + doubled::int)))
                    WHEN at_most AND target > 0
                    THEN least(1.0, greatest(0.0, 1 - (total::float8 / {THOUSANDTHS} - target) / target))
                    WHEN at_most THEN (total <= 0)::int
                    WHEN target > 0 THEN least(1.0, total::float8 / {THOUSANDTHS} / target)
                    ELSE 1.0 END
                END AS strength,
           CASE WHEN days = 1 THEN 0 ELSE total END AS window_sum,
           CASE WHEN ticks OR days = 1 THEN 0 ELSE greatest(0, skips + skipped::int - (dropped & 1)) END AS skips,
           CASE WHEN ticks AND short AND days > 1
                THEN (recent << 1 | done::int) & ((1::bigint << span) - 1) ELSE 0 END AS recent,
           CASE WHEN NOT asked THEN streak WHEN keeps THEN streak + 1 ELSE 0 END AS streak,
           streak AS before
    FROM weighed
    OFFSET 0
), told AS MATERIALIZED (
    SELECT user_id, habit_id, place, day, first_at, last_at, known, counts AND in_step AS counts, has_runs, in_step,
           unsure, looks_back, strength, window_sum, skips, recent, streak, before,
           outcome + (before >= {NOTABLE_STREAK} AND streak = 0)::int * {Outcome.BROKEN:d}
              + (streak > before AND streak IN {MILESTONES})::int * {Outcome.MILESTONE:d} AS told
    FROM stepped
), moved AS (
    UPDATE analytics_habitstate s
    SET as_of = n.day, strength = n.strength, window_sum = n.window_sum, skips = n.skips, recent = n.recent,
        streak = n.streak,
        streak_start = CASE WHEN n.streak > 0 THEN coalesce(s.streak_start, n.day) END,
        best_streak = CASE WHEN n.has_runs THEN s.best_streak ELSE greatest(s.best_streak, n.streak) END,
        best_streak_start = CASE WHEN n.has_runs OR n.streak = 0 OR n.streak < s.best_streak THEN s.best_streak_start
                                 ELSE coalesce(s.streak_start, n.day) END,
        total = s.total + (n.told & {Outcome.DONE:d} <> 0)::int,
        first_day = coalesce(s.first_day, CASE WHEN n.known THEN n.day END),
        unsure_since = coalesce(s.unsure_since, CASE WHEN n.unsure THEN n.day END)
    FROM told n
    WHERE s.ctid = n.place AND n.in_step
), noted AS (
    INSERT INTO analytics_streakevent (user_id, habit_id, day, kind, days)
    SELECT user_id, habit_id, day, CASE WHEN told & {Outcome.BROKEN:d} <> 0 THEN 'broken' ELSE 'milestone' END,
           greatest(before, streak)
    FROM told
    WHERE counts AND told & {Outcome.BROKEN | Outcome.MILESTONE:d} <> 0
      AND NOT EXISTS (SELECT FROM analytics_streakevent e
                      WHERE e.habit_id = told.habit_id AND e.day = told.day OFFSET 0)
), habits AS (
    SELECT user_id, count(*) FILTER (WHERE told & 1 = 1) AS due, count(*) FILTER (WHERE told & 3 = 3) AS done,
           count(*) FILTER (WHERE told & 5 = 5) AS skipped, count(*) FILTER (WHERE told & 3 = 2) AS extra,
           avg(strength) AS strength, min(first_at) AS first_at, max(last_at) AS last_at,
           array_agg(habit_id) AS habits, array_agg(told::smallint) AS outcomes, array_agg(strength) AS strengths
    FROM told
    WHERE counts
    GROUP BY user_id
), focus AS (
    SELECT due.user_id, sum(f.seconds) AS seconds, count(*) AS sessions, max(f.seconds) AS longest
    FROM due JOIN analytics_focussession f
      ON f.user_id = due.user_id AND f.started_at >= due.began_at AND f.started_at < due.ended_at
    WHERE due.focused
    GROUP BY due.user_id
), closed AS (
    INSERT INTO analytics_userday (
        user_id, day, began_at, ended_at, neutral, due, done, skipped, missed, extra, strength, first_at, last_at,
        habits, outcomes, strengths, focus_seconds, focus_sessions, focus_longest
    )
    SELECT due.user_id, due.day, due.began_at, due.ended_at, due.neutral, coalesce(h.due, 0), coalesce(h.done, 0),
           coalesce(h.skipped, 0), coalesce(h.due - h.done - h.skipped, 0), coalesce(h.extra, 0), h.strength,
           h.first_at, h.last_at, coalesce(h.habits, '{{}}'), coalesce(h.outcomes, '{{}}'),
           coalesce(h.strengths, '{{}}'), coalesce(f.seconds, 0), coalesce(f.sessions, 0), coalesce(f.longest, 0)
    FROM due LEFT JOIN habits h ON h.user_id = due.user_id LEFT JOIN focus f ON f.user_id = due.user_id
    WHERE (h.user_id IS NOT NULL OR f.user_id IS NOT NULL OR due.neutral)
      AND NOT EXISTS (SELECT FROM analytics_userday d WHERE d.day = due.day AND d.user_id = due.user_id OFFSET 0)
), wound AS (
    UPDATE analytics_userclock c
    SET last_closed = due.day, began_at = due.ended_at, next_rollover_at = due.next_at, neutral = false,
        week_first = due.week_first, week_last = due.week_last
    FROM due
    WHERE c.ctid = due.place
)
SELECT DISTINCT user_id FROM told WHERE looks_back
"""  # noqa: S608 - made of constants
