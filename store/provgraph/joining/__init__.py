"""Joining records of different tools that are one and the same thing, by the evidence that they carry.

`marks` says what an artifact can be recognised by, `deciding` which artifacts are joined by it and which are not, in a
`workspace` on disk; `reading` fills it from a store, `stitch` runs it all, `undoing` takes it back.
"""
