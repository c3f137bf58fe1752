"""From files to grades: one submission, many, and the grades file."""
