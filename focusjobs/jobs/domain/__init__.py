"""The job layer's rules: no Django, no clock, no I/O."""
