import pytest

pytest.register_assert_rewrite("tests.figures", "tests.sentences")
