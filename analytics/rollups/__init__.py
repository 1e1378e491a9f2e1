"""Keeps statistics stored, so that reading them costs the same however long the history is.

Every function that writes a person's statistics holds the lock of their clock (`analytics.models.UserClock`).
"""
