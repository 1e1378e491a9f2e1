"""What `manage.py jobs` and `manage.py queues` do, a module for each kind of subcommand."""
