"""What lies outside the process: payment, documents, webhooks, files, the database server."""
