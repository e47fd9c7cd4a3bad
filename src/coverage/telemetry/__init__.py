"""What operators see of a running process: its log, its metrics, its traces. Nothing in them is personal, or a secret."""
