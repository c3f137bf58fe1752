"""Auto-graded derivations: each step of a computation is graded on its own, with partial credit."""

__version__ = "0.1.0"
