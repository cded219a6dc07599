"""Measure a whole stitch: `python -m benchmarks.joining URL [--artifacts 200000]`, into an empty store.

Artifacts of four tools; a quarter of as many digests stand in the records of two tools each. Printed are the seconds of
writing the artifacts, of a stitch, of one that finds nothing new, and of taking all back, and by how much the largest
memory of this process grew over what writing took.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Final

import provgraph
from provgraph import Artifact, Records

_BATCH: Final = 10_000
_TOOLS: Final = 4


def artifact(number: int) -> Artifact:
    """One of the artifacts; those of the first two tools have their digests in common."""
    tool, thing = number % _TOOLS, number // _TOOLS
    digest = f"sha256:{thing + 1:064x}" if tool < 2 else f"sha256:{tool}{thing:063x}"
    return Artifact(
        key=f"tool{tool}/{thing}",
        name=f"data/{thing}",
        type="Dataset",
        source=f"tool{tool}",
        digest=digest,
        uri=f"s3://bucket/data/{thing}",
        custom_properties={"path": f"data/{thing}", "rows": thing},
    )


def peak() -> float:
    """The largest memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of an empty store")
    parser.add_argument("--artifacts", type=int, default=200_000)
    options = parser.parse_args()
    count: int = options.artifacts
    with provgraph.connect(options.url, strict=True) as graph:
        if graph.count():
            parser.error(f"{options.url} is not empty")
        start = time.monotonic()
        for at in range(0, count, _BATCH):
            graph.put_lineage(Records(artifacts=[artifact(n) for n in range(at, min(count, at + _BATCH))]))
        print(f"written   {count:,} artifacts in {time.monotonic() - start:.1f} s")
        before = peak()
        first = graph.stitch()
        print(f"stitched  {first.joined.total():,} pairs in {first.seconds:.1f} s, {peak() - before:.0f} MB more")
        again = graph.stitch()
        print(f"again     {again.joined.total():,} pairs in {again.seconds:.1f} s")
        start = time.monotonic()
        undone = graph.unstitch().total()
        print(f"undone    {undone:,} pairs in {time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
