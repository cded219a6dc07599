"""The command itself: help, options that stand anywhere, and how every call ends."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from provgraph.cli.app import SECTIONS, commands
from provgraph.errors import AmbiguousError, ProvgraphError

VERBS = [name for verbs in SECTIONS.values() for name in verbs]
STORE = Path(__file__).resolve().parents[2] / "store"


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a call in this process."""
    result = CliRunner().invoke(commands, list(arguments), prog_name="provgraph")
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A list: `provgraph status` raises what is put into it."""
    errors: list[BaseException] = []

    def fail(*_: object) -> None:
        raise errors[0]

    monkeypatch.setattr("provgraph.cli.status.plain_engine", fail)
    return errors


def test_help_lists_every_verb() -> None:
    code, out, err = run("--help")
    assert code == 0
    assert err == ""
    for verb in VERBS:
        assert f"  {verb} " in out


@pytest.mark.parametrize("verb", VERBS)
def test_the_line_in_the_list_is_the_first_of_the_verbs_own_help(verb: str) -> None:
    command = commands.get_command(click.Context(commands), verb)
    [listed] = [verbs[verb][1] for verbs in SECTIONS.values() if verb in verbs]
    assert command is not None
    assert command.name == verb
    assert command.short_help == listed
    assert command.help


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_says_what_it_does(verb: str) -> None:
    command = commands.get_command(click.Context(commands), verb)
    assert command is not None
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from provgraph.cli.app import commands\n"
        "assert CliRunner().invoke(commands, ['--help']).exit_code == 0\n"
        "heavy = {'neo4j', 'pandas', 'streamlit', 'numpy', 'sklearn', 'filelock', 'jpype'} & sys.modules.keys()\n"
        "verbs = {name for name in sys.modules if name in {'provgraph.graph', 'provgraph.cli.find'}}\n"
        "print(sorted(heavy | verbs))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(STORE)}
    )
    assert done.stdout == "[]\n"


def test_the_version_is_the_librarys() -> None:
    import provgraph

    assert run("--version") == (0, f"provgraph {provgraph.__version__}\n", "")


def test_no_verb_at_all_shows_the_help() -> None:
    code, out, err = run()
    assert code == 2
    assert "Usage: provgraph" in out + err


def test_a_misspelt_verb_is_answered_with_the_near_one() -> None:
    code, out, err = run("fnid")
    assert code == 2
    assert out == ""
    assert "Did you mean 'find'?" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "--csv", "find"),
        ("find", "--json", "--csv"),
        ("--json", "find", "--csv"),
        ("show", "--csv", "artifact:1"),
        ("--csv", "status"),
        ("--json", "completion", "bash"),
        ("find", "--kind", "table"),
        ("find", "--state", "SLEEPING"),
        ("find", "--since", "someday"),
        ("find", "--where", "nothing"),
        ("find", "--limit", "-1"),
        ("find", "--uri", "x", "--kind", "context"),
        ("find", "\udcff"),
        ("show",),
        ("upstream",),
        ("upstream", "artifact:1", "--max-hops", "-1"),
        ("load",),
        ("load", "mlmd", "a", "b"),
        ("export", "artifact:1", "-o", "picture.png"),
        ("completion", "cmd"),
        ("dashboard", "--port", "0"),
    ],
)
def test_a_call_that_is_not_understood_exits_with_2_and_leaves_stdout_alone(arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert "Error: " in err


def test_an_error_is_one_line_on_stderr_and_exit_code_1(failing: list[BaseException]) -> None:
    failing.append(ProvgraphError("it broke: mend it"))
    assert run("status") == (1, "", "Error: it broke: mend it\n")


def test_names_in_an_error_cannot_act_upon_the_terminal(failing: list[BaseException]) -> None:
    failing.append(AmbiguousError("fits \x1b[2J\nand more", ["artifact:1"]))
    assert run("status") == (1, "", "Error: fits \\x1b[2J\\nand more\n")


def test_ctrl_c_is_no_traceback(failing: list[BaseException]) -> None:
    failing.append(KeyboardInterrupt())
    code, out, err = run("status")
    assert code == 130
    assert out == ""
    assert err.strip() == "stopped"


def test_a_reader_that_has_enough_is_no_error(failing: list[BaseException]) -> None:
    failing.append(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert run("status") == (0, "", "")


def test_a_file_that_cannot_be_written_is_one_line(failing: list[BaseException]) -> None:
    failing.append(PermissionError(13, "Permission denied", "/somewhere/x.json"))
    assert run("status") == (1, "", "Error: cannot read or write /somewhere/x.json: Permission denied\n")


def test_a_bug_is_not_hidden(failing: list[BaseException]) -> None:
    failing.append(ZeroDivisionError())
    result = CliRunner().invoke(commands, ["status"])
    assert isinstance(result.exception, ZeroDivisionError)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_ask_the_command_itself(shell: str) -> None:
    code, out, _ = run("completion", shell)
    assert code == 0
    assert "_PROVGRAPH_COMPLETE" in out


def test_completion_knows_verbs_options_and_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    from click.shell_completion import ShellComplete

    def completed(arguments: list[str], incomplete: str) -> set[str]:
        completer = ShellComplete(commands, {}, "provgraph", "_PROVGRAPH_COMPLETE")
        return {item.value for item in completer.get_completions(arguments, incomplete)}

    assert completed([], "up") == {"upstream"}
    assert "--max-hops" in completed(["upstream"], "--max")
    assert {"mlmd", "spool"} <= completed(["load"], "")
