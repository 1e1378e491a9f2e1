"""Random runs of phones against the real server: with a worker, without one, and while everything is killed."""
