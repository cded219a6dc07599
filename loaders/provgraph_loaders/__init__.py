"""Readers of other tools' records. Each is an entry point of the group `provgraph.loaders`."""
