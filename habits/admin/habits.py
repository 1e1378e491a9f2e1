"""Habits in the admin, with their latest records."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from habits import services
from habits.domain.summary import summarise
from habits.models import Habit
from habits.selectors import days_of, local_today, recorded, records_of, rule_of

from .days import in_words
from .writing import ServiceAdmin, ServiceForm

LATEST = 14
"""Records that a habit's page shows."""

HABIT_FIELDS = (
    *("name", "question", "notes", "category", "color", "kind", "freq_num", "freq_den", "weekdays"),
    *("target_type", "target_value", "unit", "reminder_time", "reminder_weekdays", "position"),
)


class HabitForm(ServiceForm):
    """A habit as `habits.services` takes it."""

    archived = forms.BooleanField(required=False, help_text="Kept with all its records, but no longer asked for.")

    class Meta:
        model = Habit
        fields = ("user", *HABIT_FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["archived"].initial = self.instance.archived

    def write(self, values: dict[str, Any]) -> Habit:
        """Make or change the habit."""
        fields = cast("services.HabitFields", {name: values[name] for name in (*HABIT_FIELDS, "archived")})
        if self.instance.pk:
            return services.update_habit(habit=self.instance, **fields)
        return services.create_habit(user=values["user"], **fields)[0]


@admin.register(Habit)
class HabitAdmin(ServiceAdmin):
    """Habits, with their latest records. One that is over is archived: deleting would lose what was done."""

    form = HabitForm
    list_display = ("name", "user", "kind", "frequency", "archived")
    list_select_related = ("user",)
    list_filter = ("kind", "deleted")
    ordering = ("-id",)
    search_fields = ("name", "user__email")
    autocomplete_fields = ("user",)
    readonly_fields = ("standing", "latest", "client_id", "deleted", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("user", "name", "question", "notes", "category", "color", "position", "archived")}),
        ("What it asks for", {"fields": ("kind", ("freq_num", "freq_den"), "weekdays", "target_type", "target_value")}),
        ("How it is shown and asked", {"fields": ("unit", "reminder_time", "reminder_weekdays")}),
        ("Records", {"fields": ("standing", "latest")}),
        ("Identity", {"fields": ("client_id", "deleted", "created_at", "updated_at"), "classes": ("collapse",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for what a new habit is; show the records of one that is there."""
        return self.fieldsets if obj else self.fieldsets[:3]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let a habit stay with its person."""
        return (*self.readonly_fields, "user") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a habit is archived."""
        return False

    @admin.display(description="asked for")
    def frequency(self, habit: Habit) -> str:
        """Give how often it is to be done."""
        return "every day" if habit.freq_num == habit.freq_den else f"{habit.freq_num} × in {habit.freq_den} days"

    @admin.display(description="archived", boolean=True)
    def archived(self, habit: Habit) -> bool:
        """Tell whether it is over."""
        return habit.archived

    @admin.display(description="standing today")
    def standing(self, habit: Habit) -> str:
        """Give strength and streaks as of the person's today."""
        summary = summarise(rule_of(habit), records_of(habit), local_today(habit.user))
        streak, best = (found.length if found else 0 for found in (summary.current_streak, summary.best_streak))
        return (
            f"Strength {summary.strength:.0%}, a streak of {_days(streak)} (the best one: {_days(best)}), "
            f"done on {_days(summary.total_done)}."
        )

    @admin.display(description="latest")
    def latest(self, habit: Habit) -> SafeString:
        """Give the latest records and the way to all of them."""
        days = map(recorded, days_of(habit).order_by("-day")[:LATEST])
        lines = [f"{record.day}: {in_words(record, habit)}" for record in days]
        url = f"{reverse('admin:habits_completion_changelist')}?habit__id__exact={habit.pk}"
        text = "\n".join(lines) or "Nothing is recorded yet."
        return format_html('<pre class="jc-pre">{}</pre> <a href="{}">All records</a>', text, url)

    class Media:
        css = {"all": ("jobs/console.css",)}  # noqa: RUF012 - Django's convention


def _days(count: int) -> str:
    """Say how many days."""
    return f"{count:,} day{'' if count == 1 else 's'}"
