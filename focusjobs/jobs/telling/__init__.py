"""What others are told: workers by wake-ups, watchers by events, operators by counts. All of it may be lost."""
