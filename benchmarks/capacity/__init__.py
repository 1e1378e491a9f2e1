"""What so many users need: measured costs, a model of a day, and a run on the real stack that checks the model.

`make bench BENCH=capacity` runs the stack and compares; `python -m benchmarks.capacity table` prints the table of
docs/scale.md from the costs that are kept in `costs.json`. `model.py` is pure.
"""
