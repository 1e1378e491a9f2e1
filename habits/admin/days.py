"""Records of days in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from habits import services
from habits.models import Completion, Habit
from habits.selectors import RecordedDay, recorded_day

from .writing import ServiceAdmin, ServiceForm


class RecordForm(ServiceForm):
    """What happened on one day, as `habits.services` takes it: of a counted habit, all devices together."""

    class Meta:
        model = Completion
        fields = ("habit", "day", "value", "skipped", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day = recorded_day(self.instance.habit, self.instance.day) if self.instance.pk else None
        if day:
            self.initial.update(value=day.value, skipped=day.skipped, note=day.note)

    def clean(self) -> dict[str, Any]:
        """Refuse a second record of a day, which would take the place of the first."""
        values = super().clean() or self.cleaned_data
        habit, day = values.get("habit"), values.get("day")
        if habit and day and recorded_day(habit, day):
            raise ValidationError("A record of this day already exists; change that one.", code="unique")
        return values

    def write(self, values: dict[str, Any]) -> Completion:
        """Make this the record of the day."""
        habit, day = values.get("habit") or self.instance.habit, values.get("day") or self.instance.day
        content = {name: values[name] for name in ("value", "skipped", "note")}
        services.record_completion(habit=habit, day=day, source=Completion.Source.ADMIN, **content)
        record: Completion = habit.completions.filter(day=day).latest("updated_at")
        return record


@admin.register(Completion)
class CompletionAdmin(ServiceAdmin):
    """Records of days, the latest to be made first; a habit's page leads to its own."""

    form = RecordForm
    list_display = ("habit", "person", "day", "recorded", "note", "source", "slot")
    list_select_related = ("habit__user",)
    ordering = ("-id",)
    autocomplete_fields = ("habit",)
    readonly_fields = ("source", "created_at", "updated_at")
    fields = ("habit", "day", "value", "skipped", "note", "source", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Completion]:
        """Leave out what is kept for phones alone: days that were forgotten, and those of deleted habits."""
        rows = super().get_queryset(request).filter(habit__deleted=False)
        return rows.exclude(value=None, skipped=False, note="")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Ask for what is to be recorded; show where a record that is there came from."""
        return self.fields if obj else self.fields[:5]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let a record stay with its habit and day."""
        return (*self.readonly_fields, "habit", "day") if obj else self.readonly_fields

    def delete_model(self, request: HttpRequest, obj: Completion) -> None:
        """Forget what was recorded of the day."""
        services.clear_completion(habit=obj.habit, day=obj.day)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Completion]) -> None:
        """Forget what was recorded of several days."""
        for record in queryset.select_related("habit"):
            self.delete_model(request, record)

    @admin.display(description="person")
    def person(self, record: Completion) -> str:
        """Give whose record it is."""
        return str(record.habit.user)

    @admin.display(description="recorded")
    def recorded(self, record: Completion) -> str:
        """Give what was recorded, in words."""
        return in_words(record, record.habit)


def in_words(record: Completion | RecordedDay, habit: Habit) -> str:
    """Say what was recorded of a day: the amount in the habit's unit, a skip, or only a note."""
    if record.skipped:
        return "skipped"
    if record.value is None:
        return "only a note"
    if habit.kind == Habit.Kind.YES_NO:
        return "done" if record.value else "not done"
    return f"{record.value / 1000:g} {habit.unit}".strip()
