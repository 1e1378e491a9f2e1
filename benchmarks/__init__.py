"""Measurements of the product, each beside others in one run: `make bench BENCH=jobs` (see README.md)."""
