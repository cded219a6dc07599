"""The server's program: run by path, in the data folder, by the first user who needs it; never imported.

python -P program.py SETTINGS [FOLDER_OF_MODULES ...]
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    # The starter may have found its modules on a path that this new process does not have.
    sys.path += [entry for entry in sys.argv[2:] if entry not in sys.path]
    from provgraph.errors import EngineError

    try:
        from provgraph.engines.embedded.serve import serve
        from provgraph.engines.embedded.settings import Settings

        status = serve(Settings.from_argument(sys.argv[1]))
    except BaseException as error:  # noqa: BLE001 - the last words, for the starter to read
        said = " ".join(str(error).split())
        words = said if isinstance(error, EngineError) else f"{type(error).__name__}: {said}"
        sys.stdout.write(f"\nlast words: {words}\n")
        status = 1
    sys.stdout.flush()
    os._exit(status)  # no thread of the JVM, no hook of JPype keeps the process
