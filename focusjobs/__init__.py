"""The project: its settings, its addresses, how it runs, and the job layer beneath the apps."""
