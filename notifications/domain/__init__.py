"""When and how to remind. Pure: no Django, no clock, no I/O."""
