"""The rule engine: YAML that underwriters write, read, checked, compiled and explained."""
