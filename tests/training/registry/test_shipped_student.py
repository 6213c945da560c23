"""The student that comes with the program is whole, small, and serves where nothing else is said."""

import pytest

from training.models.digest import sha256_of_file
from training.registry import Registry
from training.registry.artefact import prove
from training.registry.shipped import LARGEST, SHIPPED
from training.student.gguf import embedded_model


@pytest.fixture
def student(tmp_path):
    found = Registry(tmp_path).deployed()
    assert found is not None
    return found


def test_it_is_whole_and_no_larger_than_a_repository_should_carry(student):
    prove(student)
    assert student.manifest.gate == "passed"
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*")) < LARGEST


def test_it_is_of_the_base_that_every_installation_has(student):
    assert student.manifest.base.model == "embedded"
    assert student.manifest.base.sha256 == sha256_of_file(embedded_model())


def test_nothing_in_it_names_the_machine_that_it_was_made_on():
    for path in SHIPPED.rglob("*"):
        if path.is_file() and path.suffix != ".gguf":
            text = path.read_text("utf-8")
            assert "/home/" not in text
            assert "/tmp" not in text
