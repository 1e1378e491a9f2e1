"""What an import makes of an account: habits, days, and nothing the second time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from habits import services
from habits.domain.history import HORIZON, trace
from habits.domain.streaks import best, streaks
from habits.domain.strength import strengths
from habits.domain.summary import summarise
from habits.imports.backup import ImportedCompletion, ImportedHabit
from habits.imports.detect import read_backup
from habits.imports.restore import ImportSummary, restore
from habits.imports.sample import write_loop_sample
from habits.models import Completion, Habit, User
from habits.selectors import days_of, records_of, rule_of
from habits.signals import completions_changed
from tests.backups import NAMES, described, expected, sample, wanted
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

FIRST = date(2026, 3, 1)


@pytest.fixture
def user() -> User:
    return UserFactory()


def walk(days: int = 3, **fields: Any) -> ImportedHabit:
    completions = tuple(ImportedCompletion(FIRST + timedelta(days=number), 1000) for number in range(days))
    return ImportedHabit(**{"name": "Walk", "uid": "walk", "completions": completions, **fields})


def rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every habit and every record, with their times of change and versions."""
    return list(Habit.objects.order_by("pk").values()), list(Completion.objects.order_by("pk").values())


@contextmanager
def announcements() -> Iterator[list[dict[str, Any]]]:
    """What is told of changed records meanwhile."""
    told: list[dict[str, Any]] = []

    def listen(sender: object, signal: object, **arguments: Any) -> None:
        told.append(arguments)

    completions_changed.connect(listen)
    try:
        yield told
    finally:
        completions_changed.disconnect(listen)


def stored(habit: Habit) -> list[list[Any]]:
    """The records of a habit as Loop stores them: day, value, note."""
    ticks = {1000: 2, 0: 0, None: -1}
    values = habit.completions.order_by("day").values_list("day", "value", "skipped", "note")
    return [
        [day.isoformat(), 3 if skipped else ticks[value] if habit.kind == "yes_no" else value, note]
        for day, value, skipped, note in values
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_real_backup_gives_the_habits_records_and_statistics_of_loop_and_nothing_the_second_time(
    user: User, name: str
) -> None:
    check_that_a_second_import_changes_nothing(user, sample(name))
    today, cases = expected(name)
    habits = Habit.objects.filter(user=user).order_by("position", "name")
    assert [described(habit) for habit in habits] == [wanted(case) for case in cases]
    for habit, case in zip(habits, cases, strict=True):
        assert stored(habit) == case["entries"]
        compare_statistics(habit, today, case["expect"])


def compare_statistics(habit: Habit, today: date, expect: dict[str, Any]) -> None:
    rule, records = rule_of(habit), records_of(habit)
    history = trace(rule, records, today)
    scores, runs = strengths(history), streaks(history)
    assert summarise(rule, records, today).strength == pytest.approx(expect["score_today"], abs=1e-9)
    assert [scores[day] for day in sorted(scores) if day <= today] == pytest.approx(expect["scores"], abs=1e-9)
    assert scores[today + HORIZON] == pytest.approx(expect["score_today_plus_30"], abs=1e-9)
    assert [[run.start.isoformat(), run.end.isoformat(), run.length] for run in runs[::-1]] == expect["streaks"]
    assert [[run.start.isoformat(), run.end.isoformat(), run.length] for run in best(runs, 10)] == expect["best10"]


def test_a_second_import_of_the_same_file_changes_nothing(user: User, tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    write_loop_sample(path, seed=3, today=date(2026, 5, 20))
    check_that_a_second_import_changes_nothing(user, path)


def check_that_a_second_import_changes_nothing(user: User, path: Path) -> None:
    """Import a file twice."""
    first = restore(user, read_backup(path, path.name))
    before = rows()
    with announcements() as told:
        again = restore(user, read_backup(path, path.name))
    assert again == ImportSummary(0, 0, first.habits_created, 0)
    assert first.completions_written == len(before[1])
    assert rows() == before
    assert told == []


def test_an_import_tells_what_it_did_and_announces_it_once(user: User) -> None:
    habits = [walk(), walk(2, name="Read", uid="read"), walk(0, name="Rest", uid="rest")]
    with announcements() as told:
        summary = restore(user, habits)
    assert summary == ImportSummary(habits_created=3, habits_updated=0, habits_unchanged=0, completions_written=5)
    ids = dict(Habit.objects.order_by("pk").values_list("client_id", "pk"))
    assert told == [{"habit_ids": [*ids.values()], "user_id": user.pk, "since": dict.fromkeys(ids.values())}]
    assert set(Habit.objects.values_list("completions_version", flat=True)) == {1}


def test_records_say_that_they_were_imported(user: User) -> None:
    restore(user, [walk()])
    assert set(Completion.objects.values_list("source", flat=True)) == {"import"}


def test_a_longer_backup_adds_only_what_is_new(user: User) -> None:
    restore(user, [walk(3)])
    before = Completion.objects.get(day=FIRST)
    assert restore(user, [walk(5)]) == ImportSummary(0, 1, 0, 2)
    assert Completion.objects.count() == 5
    assert Completion.objects.get(day=FIRST).updated_at == before.updated_at
    assert Habit.objects.get().completions_version == 2


def test_what_the_phone_recorded_for_a_day_is_overwritten_and_other_days_stay(user: User) -> None:
    restore(user, [walk(1)])
    habit = Habit.objects.get()
    services.record_completion(habit=habit, day=FIRST, value=0, note="Not today")
    services.record_completion(habit=habit, day=FIRST + timedelta(days=9), value=1000)
    assert restore(user, [walk(1)]).completions_written == 1
    records = [(row.day, row.value, row.note, row.source) for row in habit.completions.order_by("day")]
    assert records == [(FIRST, 1000, "", "import"), (FIRST + timedelta(days=9), 1000, "", "app")]


def test_skips_and_mere_notes_are_restored(user: User) -> None:
    days = (
        ImportedCompletion(FIRST, None, skipped=True),
        ImportedCompletion(FIRST + timedelta(days=1), None, note="?"),
    )
    restore(user, [walk(completions=days)])
    found = list(Completion.objects.order_by("day").values_list("value", "skipped", "note"))
    assert found == [(None, True, ""), (None, False, "?")]


def test_a_habit_edited_since_becomes_what_the_backup_says(user: User) -> None:
    restore(user, [walk()])
    habit = Habit.objects.get()
    services.update_habit(habit=habit, name="Stroll", freq_den=7, category="Health", weekdays=0b0011111)
    with announcements() as told:
        assert restore(user, [walk()]) == ImportSummary(0, 1, 0, 0)
    habit = Habit.objects.get()
    assert (habit.name, habit.freq_den, habit.completions_version) == ("Walk", 1, 3)
    assert (habit.category, habit.weekdays) == ("Health", 0b0011111)
    assert told == [{"habit_ids": [habit.pk], "user_id": user.pk, "since": {habit.pk: None}}]


def test_a_habit_that_was_deleted_comes_back(user: User) -> None:
    restore(user, [walk(3)])
    services.delete_habit(habit=Habit.objects.get())
    assert restore(user, [walk(3)]) == ImportSummary(0, 1, 0, 0)
    assert Habit.objects.get().deleted is False
    assert days_of(Habit.objects.get()).count() == 3


def test_a_new_name_alone_leaves_the_statistics_fresh(user: User) -> None:
    restore(user, [walk()])
    with announcements() as told:
        assert restore(user, [walk(name="Stroll")]) == ImportSummary(0, 1, 0, 0)
    assert Habit.objects.get().completions_version == 1
    assert told == []


def test_archiving_follows_the_backup_and_keeps_its_time(user: User) -> None:
    restore(user, [walk(archived=True)])
    archived_at = Habit.objects.get().archived_at
    assert archived_at is not None
    restore(user, [walk(archived=True)])
    assert Habit.objects.get().archived_at == archived_at
    restore(user, [walk(archived=False)])
    assert Habit.objects.get().archived_at is None


def test_a_csv_habit_that_turned_out_to_be_measured_stays_so(user: User) -> None:
    amounts = (ImportedCompletion(FIRST + timedelta(days=4), 5000),)
    restore(user, [walk()])
    restore(user, [walk(kind="measured", completions=(*walk().completions, *amounts))])
    assert Habit.objects.get().kind == Habit.Kind.MEASURED
    restore(user, [walk()])
    assert Habit.objects.get().kind == Habit.Kind.MEASURED


def test_a_habit_without_identifier_is_found_by_its_name_and_kind(user: User) -> None:
    habit = walk(uid=None)
    restore(user, [habit])
    assert restore(user, [habit]).habits_unchanged == 1
    restore(user, [replace(habit, kind="measured")])
    assert Habit.objects.count() == 2


def test_the_same_file_in_two_accounts_makes_two_habits(user: User) -> None:
    other = UserFactory()
    restore(user, [walk()])
    restore(other, [walk(5)])
    assert [habit.completions.count() for habit in Habit.objects.order_by("user")] == [3, 5]


def test_progress_rises_to_all_habits_and_days(user: User) -> None:
    heard: list[tuple[int, int]] = []
    restore(user, [walk(4_500), walk(1, uid="b")], on_progress=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 4503), (2001, 4503), (4001, 4503), (4501, 4503), (4502, 4503), (4503, 4503)]


def test_a_long_history_is_written_in_batches(user: User, django_assert_max_num_queries: Any) -> None:
    """Statements: 7, for each habit 4 and for each batch of its days 4; where nothing changes 3, and 1 and 1."""
    habits = [walk(3_000, uid=str(number)) for number in range(3)]
    with django_assert_max_num_queries(7 + 3 * (4 + 2 * 4)):
        restore(user, habits)
    assert Completion.objects.count() == 9_000
    with django_assert_max_num_queries(3 + 3 * (1 + 2)):
        restore(user, habits)


@pytest.mark.django_db(transaction=True)
def test_a_failure_in_the_callers_transaction_leaves_nothing(user: User) -> None:
    class Failure(Exception):
        pass

    def fail(done: int, total: int) -> None:
        if done > 3:
            raise Failure

    with pytest.raises(Failure), transaction.atomic():
        restore(user, [walk(), walk(uid="b")], on_progress=fail)
    assert (Habit.objects.count(), Completion.objects.count()) == (0, 0)
