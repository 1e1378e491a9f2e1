"""Reads of the ledger, for the console, commands and REST; none costs more as the ledger grows."""
