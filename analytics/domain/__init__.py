"""The rules of statistics: days, weeks, months, and what they come to. Pure: no Django, no clock, no I/O."""
