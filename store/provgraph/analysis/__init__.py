"""Slices joined to the graph: what stands upstream of each row as columns, where bad slices come from, and since when."""
