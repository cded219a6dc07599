"""Tracing: what is upstream and downstream, what a change reaches, and how sure the answer is."""
