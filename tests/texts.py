"""What no shipped text may hold: an address that is not allowed below, or a path of somebody's machine.

`make lint` runs it over every text that Git knows.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# The hosts that links, schemas and examples may name. Whatever is installed comes from where the reader's own tools
# are set up to look.
ALLOWED_HOSTS = frozenset(
    {
        "127.0.0.1",
        "filesystem-spec.readthedocs.io",
        "git-lfs.github.com",
        "github.com",
        "hawser.github.com",
        "keepachangelog.com",
        "maven.apache.org",
        "openlineage.io",
        "scripts.sil.org",
        "semver.org",
        "www.apache.org",
        "www.w3.org",
    }
)
# Names that are reserved for examples: they lead nowhere.
RESERVED = (".example.com", ".example.org", ".example", ".invalid", ".test")
URL = re.compile(r"\bhttps?://(?:[^/\s@]*@)?([A-Za-z0-9.-]+)")
INDEX_OPTION = re.compile(r"--(?:extra-)?index-ur[l]|--trusted-hos[t]")
HOME_FOLDER = re.compile(r"(?<![\w.~*{}-])/(?:root|home|Users)/[a-z]\w*")
CONTAINER_HOME = "/home/provgraph"


def complaints(name: str, text: str) -> Iterator[str]:
    """One line for each thing in a text that must not be there."""
    own_paths = [re.escape(str(place)) for place in (ROOT, Path.home()) if place != Path("/")]
    own_path = re.compile(rf"(?<![\w.~*{{}}-])(?:{'|'.join(own_paths)})(?![\w-])")
    for number, line in enumerate(text.splitlines(), start=1):
        for match in URL.finditer(line):
            host = match[1].lower().rstrip(".")
            if "." in host and host not in ALLOWED_HOSTS and not f".{host}".endswith(RESERVED):
                yield f"{name}:{number}: {host} is none of the hosts that tests/texts.py allows"
        if INDEX_OPTION.search(line):
            yield f"{name}:{number}: names a package index"
        paths = {match[0] for match in HOME_FOLDER.finditer(line)} - {CONTAINER_HOME}
        for path in sorted(paths) or own_path.findall(line):
            yield f"{name}:{number}: {path} is a path of one machine"


def shipped_texts() -> Iterator[tuple[str, str]]:
    """Name and content of every file under version control that is text."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in listing.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode()


def main() -> None:
    """Print what is wrong and exit with 1, or print nothing."""
    found = [line for name, text in shipped_texts() for line in complaints(name, text)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
