"""What the REST interface tells people of their jobs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rest_framework import serializers

from .domain.lifecycle import State
from .looking.selectors import answer_of
from .models import Job
from .models.job import STATE_CHOICES

LONGEST_WAIT = 30
"""Seconds that a request waits at most; common proxies give up after 60."""

FAILED = "It did not work. Support can find the reason by this job's number."
"""What is said of an error that is not for people: its words may hold what is inside the server."""

CANCELLED = "It was cancelled."


class WaitSerializer(serializers.Serializer[Any]):
    """The query of a job."""

    wait = serializers.FloatField(
        required=False,
        default=0.0,
        min_value=0,
        max_value=LONGEST_WAIT,
        help_text="Seconds to wait for the job's end. The answer may come earlier, where too many are waiting.",
    )


class JobQuerySerializer(serializers.Serializer[Any]):
    """The query of the list of jobs."""

    state = serializers.ChoiceField(STATE_CHOICES, required=False, help_text="Only jobs in it.")
    task = serializers.CharField(required=False, max_length=200, help_text="Only jobs of this task.")


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a job has come."""

    done = serializers.FloatField()
    total = serializers.FloatField(required=False)
    note = serializers.CharField(required=False)


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as the person sees it on whose behalf it runs."""

    progress = ProgressSerializer(read_only=True, allow_null=True)
    error = serializers.SerializerMethodField(help_text="Why it failed, in a sentence; null where it did not.")

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            *("id", "task", "state", "attempt", "max_attempts", "progress", "error"),
            *("created_at", "started_at", "finished_at", "run_at"),
        )
        read_only_fields: tuple[str, ...] = fields

    def get_error(self, job: Job) -> str | None:
        """Say why it failed, in words that are for people."""
        if job.state == State.FAILED:
            return _told_of(job.error, self.context.get("told_errors", ())) if job.error else FAILED
        return CANCELLED if job.state == State.CANCELLED else None


class OneJobSerializer(JobSerializer):
    """A job with what it returned."""

    result = serializers.SerializerMethodField(help_text="What it returned, where that is for people.")

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "result")
        read_only_fields = fields

    def get_result(self, job: Job) -> Any:
        """Give the result of a task whose results are for people."""
        is_shown = job.state == State.COMPLETED and job.task in self.context.get("asked_tasks", ())
        return answer_of(job) if is_shown else None


def _told_of(error: str, told: Collection[str]) -> str:
    """Give the sentence of an error whose class says that it is for people; otherwise only that it failed."""
    name, _, sentence = error.partition(": ")
    return sentence if name in told and sentence else FAILED
