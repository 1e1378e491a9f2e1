"""The rows of a push, checked one by one; what is wrong with one refuses it alone.

Columns that are not named here are ignored. A column that is absent says nothing.
"""

from __future__ import annotations

import math
import re
from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, model_validator

from habits.domain.limits import CLIENT_ID, LARGEST, LONGEST_PERIOD, LONGEST_TEXT

from .limits import LATEST_STAMP

ID = re.compile(CLIENT_ID)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is required")
    if not -LARGEST <= value <= LARGEST:  # nor is NaN, and an integer may be larger than any double
        raise ValueError(f"a number is finite and at most {LARGEST:.0e}")
    return value


def _whole(value: Any) -> Any:
    if (number := _number(value)) != int(number):
        raise ValueError("a whole number is required")
    return int(number)


def _stamp(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("a stamp is a number of milliseconds since 1970")
    return int(min(value, LATEST_STAMP))


def _day(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("a day is written as YYYY-MM-DD")
    return date.fromisoformat(value)


def _clock(value: str) -> str:
    if not re.fullmatch(r"\d{2}:\d{2}", value, re.ASCII):
        raise ValueError("a time is written as HH:MM")
    return time.fromisoformat(value).strftime("%H:%M")


Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Mask = Annotated[Whole, Field(ge=1, le=127)]
Stamp = Annotated[int, BeforeValidator(_stamp)]


class Row(BaseModel):
    """A row of any table."""

    model_config = ConfigDict(extra="ignore", strict=True)

    updated_at: Stamp | None = None


class HabitRow(Row):
    """A habit as a phone has it."""

    name: str = Field("", min_length=1, max_length=200)
    question: str = Field("", max_length=500)
    notes: str = Field("", max_length=LONGEST_TEXT)
    category: str = Field("", max_length=100)
    color: str = Field("", pattern=r"^(#[0-9a-fA-F]{6})?$")
    kind: Literal["yes_no", "measured", "counted"] = "yes_no"
    freq_num: Whole = Field(1, ge=1)
    freq_den: Whole = Field(1, ge=1, le=LONGEST_PERIOD)
    weekdays: Mask = 127
    target_type: Literal["at_least", "at_most"] = "at_least"
    target_value: Number = Field(0, ge=0)
    unit: str = Field("", max_length=50)
    reminder_time: Annotated[str, AfterValidator(_clock)] | None = None
    reminder_weekdays: Annotated[Whole, Field(ge=0, le=127)] = 127
    position: Number = 0
    archived: StrictBool = False
    deleted: StrictBool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.freq_num > self.freq_den:
            raise ValueError(f"{self.freq_num} times do not fit into {self.freq_den} days")
        return self


class CompletionRow(Row):
    """A day of a habit as a phone has it."""

    habit_id: str = Field(pattern=rf"^{ID.pattern}$")
    date: Annotated[date, BeforeValidator(_day)]
    value: Number | None = None
    skipped: StrictBool = False
    note: str = Field("", max_length=LONGEST_TEXT)
    recorded_at: Stamp | None = None
    zone: str = Field("", max_length=64)
    device: str = Field("", max_length=64)


def whole_text(text: str) -> str:
    """Drop NUL, and put U+FFFD for halves of a surrogate pair: PostgreSQL can store neither."""
    return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
