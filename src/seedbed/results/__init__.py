"""A stored study as numbers, tables and documents, and the predictions of its networks."""
