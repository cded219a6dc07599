"""Recording: a step as it runs, with what it read and wrote; into a store, or a spool where there is none."""
