"""Reads of the notifications app."""
