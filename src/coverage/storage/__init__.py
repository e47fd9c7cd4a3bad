"""What is kept, on PostgreSQL. One file for each aggregate; `tenancy` is the only way in."""
