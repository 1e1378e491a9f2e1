"""How every process logs, and the ids that tie its lines together."""
