"""The form of a schedule: every field is checked as the next tick would find it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminSplitDateTime

from .. import schedules
from ..declaring.registry import known_tasks, load_tasks
from ..models import Schedule

FIELDS = ("name", "task", "arguments", "queue", "cron", "every", "timezone", "enabled", "missed", "overlap")


class ScheduleForm(forms.ModelForm):
    """A schedule as it is edited: every field is checked as the next tick would find it."""

    task = forms.ChoiceField()
    queue = forms.ChoiceField(required=False)
    timezone = forms.ChoiceField(initial="UTC", help_text="The zone of the cron line's readings.")
    run_next_at = forms.SplitDateTimeField(
        required=False,
        widget=AdminSplitDateTime,
        help_text="Another moment for the next run; an interval is counted on from there. Empty: as it is.",
    )

    class Meta:
        model = Schedule
        fields = FIELDS
        help_texts = {  # noqa: RUF012 - Django's way
            "arguments": "By name, as JSON: {“batch”: 500}.",
            "every": "In place of a cron line: 00:05:00 is five minutes, 1 00:00:00 a day.",
            "missed": f"Ticks that passed while nothing ran. At most {schedules.MAX_MISSED} jobs are made for them.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        load_tasks()
        self._offer("task", known_tasks())
        self._offer("queue", settings.JOBS_QUEUES, [("", "the task's own")])
        self._offer("timezone", sorted(available_timezones()))
        if self.instance.declared and "name" in self.fields:
            self.fields["name"].disabled = True

    def _offer(self, name: str, known: Iterable[str], first: list[tuple[str, str]] | None = None) -> None:
        """Offer what is known and what the schedule has now, which may be of another release."""
        now = getattr(self.instance, name)
        values = [*known, *([now] if now and now not in known else [])]
        self.fields[name].choices = [*(first or []), *((value, value) for value in values)]  # type: ignore[attr-defined]

    def clean_arguments(self) -> Any:
        """Take an empty field for no arguments."""
        arguments = self.cleaned_data["arguments"]
        return {} if arguments is None else arguments

    def clean(self) -> dict[str, Any] | None:
        """Say by field what would keep the schedule from running."""
        super().clean()
        given = {name: self.cleaned_data[name] for name in FIELDS if name in self.cleaned_data}
        for name, message in schedules.faults(Schedule(**given)).items():
            if name not in self.errors:
                self.add_error(name, message)
        return self.cleaned_data
