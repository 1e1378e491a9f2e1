"""Whether processes are well: `/livez` and `/readyz`, the heartbeat of workers, and the probe of containers."""
