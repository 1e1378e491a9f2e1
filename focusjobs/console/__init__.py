"""The admin site itself: its login, its menu, lists that stay quick, and the time zone that it writes in."""
