"""Every statement that provgraph sends, by what it does: constants only, values always as parameters.

The driver types the text of a query as `LiteralString`, so the type checker refuses text that was put together from
data. What cannot be a parameter (a label, a bound of hops) comes from closed sets of literals here. Each form was
tried on both engines; the traversals are tested on a ladder with 2^40 paths.
"""
