"""A small project of an inspection line, as its people committed it: every kind of record that the loader reads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.loaders.dvc.making import Making, Special

__all__ = ["write_example", "write_pointers"]

SCORES_1 = '{"accuracy": 0.91, "per_class": {"scratch": 0.88, "dent": 0.94}}\n'
SCORES_2 = '{"accuracy": 0.93, "per_class": {"scratch": 0.91, "dent": 0.95}}\n'


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


DVC_YAML = """\
vars:
  - folder: prepared
stages:
  prepare:
    cmd: python prepare.py
    deps: [data/raw, prepare.py]
    outs: ["data/${folder}"]
  train:
    wdir: training
    desc: fit the inspector
    cmd: python train.py --lr ${train.lr} --api-key=abcdefghijkl
    deps: [../data/prepared/train.csv, train.py]
    params: [train.lr, train.layers]
    outs: [model.pkl]
  evaluate:
    foreach: [line-1, line-2]
    do:
      cmd: python evaluate.py ${item}
      deps: [training/model.pkl]
      metrics: ["scores/${item}.json": {cache: false}]
artifacts:
  inspector:
    path: training/model.pkl
    type: model
    desc: finds scratches and dents
    labels: [vision]
"""


def lock(prepared: str, train: str, model: str, lr: str, scores: str) -> str:
    """A `dvc.lock` of DVC 3."""
    return f"""\
schema: '2.0'
stages:
  prepare:
    cmd: python prepare.py
    deps:
    - path: data/raw
      hash: md5
      md5: 11111111111111111111111111111111.dir
      size: 5000
      nfiles: 12
    - path: prepare.py
      hash: md5
      md5: 22222222222222222222222222222222
      size: 300
    outs:
    - path: data/prepared
      hash: md5
      md5: {prepared}.dir
      size: 4000
      nfiles: 2
  train:
    cmd: python train.py --lr {lr} --api-key=abcdefghijkl
    deps:
    - path: ../data/prepared/train.csv
      hash: md5
      md5: {train}
      size: 3000
    - path: train.py
      hash: md5
      md5: 33333333333333333333333333333333
      size: 700
    params:
      params.yaml:
        train.layers: [64, 32]
        train.lr: {lr}
    outs:
    - path: model.pkl
      hash: md5
      md5: {model}
      size: 90000
  evaluate@line-1:
    cmd: python evaluate.py line-1
    deps:
    - path: training/model.pkl
      hash: md5
      md5: {model}
      size: 90000
    outs:
    - path: scores/line-1.json
      hash: md5
      md5: {md5(scores)}
      size: {len(scores)}
"""


RAW = """\
outs:
- md5: 11111111111111111111111111111111.dir
  size: 5000
  nfiles: 12
  hash: md5
  path: raw
  desc: pictures of week 21
"""
IMPORTED = """\
md5: 99999999999999999999999999999999
frozen: true
deps:
- path: labels/defects.csv
  repo:
    url: https://reader:s3cret@git.example.org/labels.git
    rev: v2
    rev_lock: 0123456789abcdef0123456789abcdef01234567
outs:
- md5: 44444444444444444444444444444444
  size: 800
  hash: md5
  path: defects.csv
"""
FETCHED = """\
deps:
- etag: '"6f1c"'
  size: 10
  path: s3://plant/cameras.json
outs:
- md5: 55555555555555555555555555555555
  path: cameras.json
"""
OLD_LOCK = """\
prepare:
  cmd: python prepare.py
  deps:
  - path: data/raw
    md5: 11111111111111111111111111111111.dir
  outs:
  - path: data/prepared
    md5: 66666666666666666666666666666666.dir
"""


def write_example(folder: Path, *, bare: bool = False, grown: bool = True) -> Making:
    """The project's repository; not `grown`, it ends before the second training."""
    made = Making(folder, bare)
    made.commit({"README.md": "Inspection of line 1 and 2\n", "prepare.py": "...\n"}, "begin")
    made.commit({"data/raw.dvc": RAW.replace("  hash: md5\n", ""), "dvc.lock": OLD_LOCK}, "prepare, with DVC 1")
    made.commit(
        {
            "data/raw.dvc": RAW,
            "data/defects.csv.dvc": IMPORTED,
            "data/cameras.json.dvc": FETCHED,
            "dvc.yaml": DVC_YAML,
            "params.yaml": "train: {lr: 1e-3, layers: [64, 32]}\n",
            "dvc.lock": lock("a" * 32, "b" * 32, "c" * 32, "0.001", SCORES_1),
            "scores/line-1.json": SCORES_1,
            "vendor": Special(0o160000, b"1" * 40),
            "linked.dvc": Special(0o120000, b"/etc/passwd"),
        },
        "first training",
    )
    first = made.repo.refs[b"refs/heads/main"]  # type: ignore[index]
    made.tag("inspector@v1.0.0", first, "first release")
    made.tag("inspector#prod#1", first)
    if grown:
        second = made.commit(
            {
                "params.yaml": "train: {lr: 1e-05, layers: [64, 32]}\n",
                "dvc.lock": lock("a" * 32, "b" * 32, "d" * 32, "1e-05", SCORES_2),
                "scores/line-1.json": SCORES_2,
            },
            "slower",
        )
        made.tag("inspector@v1.1.0", second)
        made.tag("inspector#prod#2", second)
        made.commit({"README.md": "Inspection\n"}, "nothing of DVC")
    return made


def write_pointers(folder: Path) -> Making:
    """A repository with one file in Git LFS."""
    made = Making(folder)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'7' * 64}\nsize 81234\n"
    made.commit({".gitattributes": "*.onnx filter=lfs diff=lfs merge=lfs -text\n", "net.onnx": pointer}, "a model")
    return made
