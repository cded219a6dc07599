"""Serve the gallery: `python -m tests.dashboard.gallery.run FOLDER PORT`.

The folder gets a copy of what the app needs beside it: the theme and the static files.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from provgraph_dashboard.server import APP, serve


def main(folder: Path, port: int) -> int:
    shutil.copytree(APP.parent, folder, dirs_exist_ok=True)
    script = folder / "main.py"
    shutil.copy(Path(__file__).with_name("app.py"), script)
    return serve(port, False, None, "/?scene=plant", script=script)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
