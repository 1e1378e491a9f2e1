"""The other Python queues' side: their application objects and a task that does nothing."""
