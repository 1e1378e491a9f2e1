"""The protocol between phones and the server: WatermelonDB's push and pull.

Pushes are checked, put into the inbox and merged by `habits.merging`; a pull merges what waits and then reads one
snapshot. Nothing is refused after a push was accepted, since a phone could not be told any more.
"""
