"""What enqueues for each contender, in a process of its own, at the orders of `benchmarks.contender`."""
