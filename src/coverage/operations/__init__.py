"""What people do here: quote, issue, cancel, claim. Each owns its transaction and ends before the answer leaves."""
