"""provgraph."""
