"""Slices joined to the graph: what stands upstream of rows as columns, where bad slices come from, and since when."""
