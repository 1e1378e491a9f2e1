"""Several machines on one: web, workers, PostgreSQL and Valkey each in a network of its own, cut off from each other.

`make bench BENCH=hosts SEED=1`. A host that is cut off notices nothing: its packets vanish and nobody answers, as when
a switch dies. Nothing may be lost, no atomic job may have its effect twice, another job only where a host that was cut
off held it, and everybody works again soon after the cut ends.
"""
