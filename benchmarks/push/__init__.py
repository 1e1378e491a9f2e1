"""The rows, and the processes that send, for `benchmarks.reminders`."""
