"""The rules of habits: days, schedules, streaks and strength. Pure: no Django, no clock, no I/O."""
