"""Recording: a step as it runs, with what it read and wrote, in two atomic units, and in a spool when there is no store."""
