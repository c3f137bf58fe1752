"""A notebook or script file → the cells that are run."""
