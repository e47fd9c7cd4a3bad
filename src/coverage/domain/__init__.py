"""What the insurer knows, as values: no I/O, no clock, no randomness."""
