"""Who answers: the student's functions, behind one small interface."""
