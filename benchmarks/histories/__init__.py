"""Random histories: what is carried from night to night, beside what all records come to.

`make bench BENCH=histories`: people with five habits each tick, skip, note, edit late, travel, archive and change their
minds over a month in which the clocks change in half of their zones. Nothing that is stored may differ from a rebuild.
"""
