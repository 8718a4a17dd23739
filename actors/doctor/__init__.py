"""The check-up: what each node and the cluster tell of themselves, judged by pure checks. Nothing is changed by it."""
