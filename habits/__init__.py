"""Habits and what people did about them: the rules, the records, synchronisation and REST."""
