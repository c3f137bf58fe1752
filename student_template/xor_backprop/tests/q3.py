from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = 0

@test_case(points=0, hidden=False, 
    success_message="The public check passes. Grading uses other numbers, too.")
def test_lecture_numbers(env):
    from xor_checks import check
    check('q3', env)

