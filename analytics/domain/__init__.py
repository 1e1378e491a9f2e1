"""How days are cut and counted. Pure: no Django, no clock, no I/O."""
