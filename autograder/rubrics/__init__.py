"""One short file an assignment: its derivation, and the questions asked along it."""
