"""The storm: jobs run while everything below them is killed, frozen, emptied and restarted at random.

`make storm JOBS=10000 SEED=1`. Half of the jobs write a row in the transaction that completes them, half append a line
to a file. Nothing may be lost, no row may be written twice, and a line may be repeated only for a job that a worker
held when it was struck.
"""
