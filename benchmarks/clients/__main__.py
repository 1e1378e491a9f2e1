"""`python -m benchmarks.clients NAME`: read orders as JSON lines, obey, answer as JSON lines."""

from __future__ import annotations

import importlib
import json
import sys


def main() -> None:
    """Obey until the end of input."""
    client = importlib.import_module(f"benchmarks.clients.{sys.argv[1]}")
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(client, order.pop("do"))(**order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
