"""Every statement by which the ledger writes jobs, each under a comment with its purpose, its guarantee and its index.

The module of a name has those that the ledger's module of that name runs; `publishing` has those about messages.
"""
