"""Which data folder is meant when none is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provgraph.engines.discovery import find_data_folder
from provgraph.errors import ConfigurationError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with nothing above it that counts."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    return home


def _made(*folders: Path) -> Path:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    return folders[-1]


def test_found_upward_in_a_repository(home: Path) -> None:
    here = _made(home / "repo" / ".git", home / "repo" / ".provgraph", home / "repo" / "a" / "b")
    assert find_data_folder(here) == home / "repo" / ".provgraph"


def test_nearest_one_wins(home: Path) -> None:
    here = _made(home / "repo/.git", home / "repo/.provgraph", home / "repo/a/.provgraph", home / "repo/a/b")
    assert find_data_folder(here) == home / "repo" / "a" / ".provgraph"


def test_new_one_belongs_into_the_repositorys_root(home: Path) -> None:
    here = _made(home / "repo" / ".git", home / "repo" / "a" / "b")
    assert find_data_folder(here) == home / "repo" / ".provgraph"


def test_search_does_not_leave_the_repository(home: Path) -> None:
    here = _made(home / "work" / ".provgraph", home / "work" / "repo" / ".git", home / "work" / "repo" / "a")
    assert find_data_folder(here) == home / "work" / "repo" / ".provgraph"


def test_worktree_and_submodule_are_repositories(home: Path) -> None:
    here = _made(home / "repo" / ".git", home / "repo" / ".provgraph", home / "repo" / "module")
    (here / ".git").write_text("gitdir: ../.git/modules/module\n", "utf-8")
    assert find_data_folder(here) == here / ".provgraph"


def test_outside_of_a_repository_parents_are_searched_and_a_new_one_is_made_here(home: Path) -> None:
    here = _made(home / "project" / "a")
    assert find_data_folder(here) == here / ".provgraph"
    _made(home / "project" / ".provgraph")
    assert find_data_folder(here) == home / "project" / ".provgraph"


def test_the_home_folders_own_store_is_not_everybodys(home: Path) -> None:
    _made(home / ".provgraph")
    here = _made(home / "project")
    assert find_data_folder(here) == here / ".provgraph"
    assert find_data_folder(home) == home / ".provgraph"


def test_file_of_that_name_is_no_data_folder(home: Path) -> None:
    here = _made(home / "repo" / ".git", home / "repo" / "a")
    (here / ".provgraph").write_text("", "utf-8")
    assert find_data_folder(here) == home / "repo" / ".provgraph"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no user ids")
def test_folder_of_another_user_is_used_only_if_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = _made(home / "project" / ".provgraph", home / "project" / "a")
    monkeypatch.setattr(os, "geteuid", lambda: here.stat().st_uid + 1)
    with pytest.raises(ConfigurationError, match=f"embedded:{home / 'project' / '.provgraph'}"):
        find_data_folder(here)


def test_current_directory_is_the_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_made(home / "project"))
    assert find_data_folder() == home / "project" / ".provgraph"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the current directory")
def test_removed_current_directory_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_made(home / "project"))
    (home / "project").rmdir()
    with pytest.raises(ConfigurationError, match="current directory"):
        find_data_folder()
