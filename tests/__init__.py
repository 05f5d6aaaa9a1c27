import os

import pytest

# Before NumPy is imported: threads that wait for one another on a busy machine make small computations slower, not faster.
os.environ.setdefault("OMP_NUM_THREADS", "1")
pytest.register_assert_rewrite("tests.figures", "tests.sentences")
