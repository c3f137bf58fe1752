"""How an answer earns its points: pure functions on plain data, no files, no processes."""
