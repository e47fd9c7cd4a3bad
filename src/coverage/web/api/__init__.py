"""The partner API, /v1: one file for each noun."""
