"""`python -m focusjobs.drill`: shows that a backup can be restored, and what a restored one is worth.

It dumps the database and restores the dump beside it into a database of its own, which it compares with what was
dumped, row by row, and deletes. It changes nothing in the database that is in use.
"""
