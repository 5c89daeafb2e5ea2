"""The page for those who teach: stars, commands and addresses are right."""

from __future__ import annotations

import re
import tomllib

import yaml

from kit import PRODUCTS
from needed import ROOT
from tools.book.labels import labels
from tools.pages import notebooks, repository

COURSE = (ROOT / "book" / "course.md").read_text("utf-8")


def stars() -> dict[str, int]:
    """Return how many stars the title of each exercise has."""
    found = {}
    for path in (ROOT / "book").glob("[0-9]*.md"):
        for title, label in re.findall(
            r"\{exercise\} (.*)\n:label: (\S+)", path.read_text("utf-8")
        ):
            found[label] = title.count("★")
    return found


def test_each_exercise_is_set_under_its_stars() -> None:
    known, set_ = stars(), 0
    for marks, them in re.findall(r"(★+) ((?:(?!★|\|).)*)", COURSE):
        for label in re.findall(r"\{ref\}`(ex-[^`]+)`", them):
            assert known[label] == len(marks), label
            set_ += 1
    assert set_ == COURSE.count("{ref}`ex-")


def test_every_chapter_is_in_the_plan_of_twelve_weeks() -> None:
    plan = COURSE.partition("### Twelve weeks")[2].partition("\n## ")[0]
    read = {*re.findall(r"\{doc\}`(\d[^`]+)`", plan)}
    left = {p.stem for p in (ROOT / "book").glob("[0-9]*.md")} - read
    assert left == {"06g-closing"}
    assert {"ex-transform", "ex-bp-ten"} <= {*labels()}


def test_what_the_kit_makes_is_named() -> None:
    named = {*re.findall(r"^\| `([a-z]+)` \|", COURSE, re.M)}
    assert {*PRODUCTS} <= named


def test_the_repository_is_written_into_the_commands_where_it_is_known() -> None:
    known = {"REPOSITORY_URL": "https://github.com/someone/a-book"}
    said = repository.named(COURSE, known)
    assert "repo=https%3A%2F%2Fgithub.com%2Fsomeone%2Fa-book&branch=notebooks" in said
    assert "lab/tree/a-book/01-network-student.ipynb" in said
    assert "dlam:edition https://github.com/someone/a-book\n" in said
    assert "REPOSITORY" not in said


def test_the_settings_of_the_hub_can_be_read() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", COURSE, re.S)
    hub = yaml.safe_load(text)["singleuser"]
    assert hub["image"] == {"name": "REGISTRY/dlam", "tag": "edition"}
    assert hub["extraEnv"]["OMP_NUM_THREADS"] == "1"


def test_the_requirements_are_those_of_the_notebooks() -> None:
    lines = notebooks.requirements().splitlines()
    names = {re.split(r"[<>=]", line)[0] for line in lines[1:]}
    wanted = "numpy numba matplotlib scipy torch scikit-learn pillow nbgitpuller"
    assert names == {*wanted.split()}
    assert lines[0].startswith("--extra-index-url https://")
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert about["requires-python"] == f">={notebooks.OLDEST}"
