"""The habits of the sample backup, and how a person keeps them: two years of an ordinary life."""

from __future__ import annotations

from dataclasses import dataclass

from habits.domain.records import EVERY_DAY

SUNDAY, WEEKDAYS = 0b0000010, 0b1111100
"""Parts of Loop's weekday mask, whose bit 0 is Saturday."""

YES_OR_NO, AMOUNT = 0, 1
AT_LEAST, AT_MOST = 0, 1


@dataclass(frozen=True, slots=True)
class SampleHabit:
    """A habit and how a person keeps it; the fields up to `reminder` are as Loop stores them."""

    name: str
    question: str
    color: int
    description: str = ""
    freq: tuple[int, int] = (1, 1)
    type: int = YES_OR_NO
    target_type: int = AT_LEAST
    target_value: float = 0.0
    unit: str = ""
    reminder: tuple[int, int, int] | None = None
    """Hour, minute and weekdays."""
    chances: tuple[float, ...] = (0.8,) * 7
    """How likely it is done, or an amount is entered, on each weekday from Monday."""
    amount: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """Mean, standard deviation and step of an amount."""
    rests_on_holiday: bool = False
    in_the_morning: bool = False
    """Today is recorded already."""
    stopped_days_ago: int = 0
    """Archived since then; 0 for a habit that is kept up."""
    remarks: tuple[str, ...] = ()
    """Notes, one of which goes with about one day in twenty on which it is done."""


SAMPLE_HABITS = (
    SampleHabit(
        name="Meditate",
        question="Did you meditate this morning?",
        color=12,
        description="Ten minutes on the cushion before the phone is on.",
        reminder=(7, 0, EVERY_DAY),
        chances=(0.9, 0.92, 0.9, 0.88, 0.85, 0.7, 0.74),
        in_the_morning=True,
        remarks=("Slept badly, sat anyway", "Twenty minutes today", "Very restless"),
    ),
    SampleHabit(
        name="Run",
        question="Did you go for a run?",
        color=1,
        freq=(3, 7),
        reminder=(17, 30, WEEKDAYS),
        chances=(0.15, 0.62, 0.2, 0.6, 0.1, 0.75, 0.3),
        rests_on_holiday=True,
        remarks=("5 km along the river", "Knee a bit sore", "Intervals with Ana", "Rain all the way"),
    ),
    SampleHabit(
        name="Read",
        question="How many pages did you read?",
        color=16,
        type=AMOUNT,
        target_value=20,
        unit="pages",
        chances=(0.85, 0.85, 0.85, 0.85, 0.8, 0.9, 0.92),
        amount=(24, 11, 1),
        remarks=("Finished the book", "On the train"),
    ),
    SampleHabit(
        name="Drink water",
        question="How many glasses did you drink?",
        color=10,
        type=AMOUNT,
        target_value=8,
        unit="glasses",
        reminder=(14, 0, EVERY_DAY),
        chances=(0.95, 0.95, 0.95, 0.95, 0.95, 0.86, 0.86),
        amount=(7.8, 1.6, 1),
    ),
    SampleHabit(
        name="Coffee",
        question="How many cups did you have?",
        color=4,
        description="Two are plenty.",
        type=AMOUNT,
        target_type=AT_MOST,
        target_value=2,
        unit="cups",
        chances=(0.97,) * 7,
        amount=(1.9, 0.9, 1),
        remarks=("Long day at work",),
    ),
    SampleHabit(
        name="No phone in bed",
        question="Was the phone out of the bedroom last night?",
        color=14,
        reminder=(22, 15, EVERY_DAY),
        chances=(0.75, 0.76, 0.74, 0.72, 0.6, 0.55, 0.7),
        rests_on_holiday=True,
        in_the_morning=True,
        remarks=("Read until late instead", "On call"),
    ),
    SampleHabit(
        name="Call the family",
        question="Did you call home this week?",
        color=15,
        freq=(1, 7),
        reminder=(18, 0, SUNDAY),
        chances=(0.02, 0.02, 0.06, 0.02, 0.04, 0.12, 0.8),
        remarks=("Grandma's birthday", "Only ten minutes"),
    ),
    SampleHabit(
        name="Learn Spanish",
        question="Did you do a lesson?",
        color=3,
        freq=(5, 7),
        chances=(0.7, 0.72, 0.68, 0.7, 0.6, 0.35, 0.3),
        stopped_days_ago=150,
        remarks=("Subjunctive again",),
    ),
)
"""The habits of the sample, in the order of the list."""
