"""A plan as compiled Python: one risk at a time, or a million in columns, by one walk in two dialects."""
