"""`python -m provgraph_dashboard`."""

from __future__ import annotations

import sys

from provgraph_dashboard.server import main

sys.exit(main())
