"""The pages that a member opens, from a link and without an account."""
