"""`provgraph check`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

import click

from provgraph.cli.options import Settings, output_options, pass_settings, url_option
from provgraph.cli.output import say, write_csv, write_json, write_lines
from provgraph.cli.progress import ProgressLine
from provgraph.cli.stores import nothing_there, open_core
from provgraph.cli.text import count_text

if TYPE_CHECKING:
    from provgraph.recording.lost import LostExecution
    from provgraph.store.check import Finding

__all__ = ["check"]

SHOWN: Final = 10  # findings of one sort, in the table


@click.command(short_help="Look for records that are wrong.")
@click.option("--fix", is_flag=True, help="Set executions whose process is gone CANCELED.")
@url_option
@output_options()
@pass_settings
def check(settings: Settings, fix: bool) -> int:
    """Look for records that are wrong: dangling, duplicate, cyclic or contradictory, and executions that were lost.

    Reads the whole store. The exit code is 1 if something was found (and, with --fix, is still there); each finding
    says what to do. An execution is lost if it says that it is running, and its process is gone: that can be told on
    the machine that it ran on.
    """
    findings: list[Finding] = []
    if message := nothing_there(settings):
        say(message)
    else:
        findings = _look(settings, fix)
    if settings.format == "json":
        rows = [{"check": f.check, "text": f.text, "refs": list(f.refs), "advice": f.advice} for f in findings]
        write_json({"ok": not findings, "findings": rows})
    elif settings.format == "csv":
        write_csv(
            ("check", "text", "refs", "advice"), ((f.check, f.text, " ".join(f.refs), f.advice) for f in findings)
        )
    else:
        _write(findings)
    return 1 if findings else 0


def _look(settings: Settings, fix: bool) -> list[Finding]:
    from provgraph.recording.lost import cancel_lost, lost_executions
    from provgraph.store.check import Finding, check_store

    core = open_core(settings)
    with closing(core.store), ProgressLine() as progress:
        found = list(check_store(core, progress))
        progress.clear()
        if fix:
            for entry in cancel_lost(core):
                say(f"{_lost_text(entry)}: it is CANCELED now")
        else:
            found += [Finding("lost", _lost_text(entry), (entry.execution.ref,)) for entry in lost_executions(core)]
        return found


def _lost_text(entry: LostExecution) -> str:
    ran = f"process {entry.pid or 'unknown'} on {entry.host or 'this machine'}"
    return f"{entry.execution.ref} ({entry.execution.type} {entry.execution.label}) was lost: {ran} is gone"


def _write(findings: Sequence[Finding]) -> None:
    if not findings:
        write_lines(["nothing is wrong"])
        return
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.check, []).append(finding)
    for name, members in groups.items():
        write_lines([f"{name} ({len(members):,}): {members[0].advice}"])
        write_lines(f"  {finding.text}" for finding in members[:SHOWN])
        if len(members) > SHOWN:
            write_lines([f"  … and {len(members) - SHOWN:,} more: --json has all"])
        write_lines([""])
    write_lines([f"{count_text(len(findings), 'finding')}"])
