"""otter-grader, pytest: each turns its own world into "grade this one"."""
