from __future__ import annotations

import shlex

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provgraph.recording.redaction import (
    HIDDEN,
    is_secret_name,
    redact_arguments,
    redact_properties,
    redact_text,
    redact_uri,
)

SECRET_NAMES = [
    *("token", "--token", "hf_token", "HF_TOKEN", "accessToken", "password", "db-password", "passwd", "PGPASSWORD"),
    *("api_key", "apikey", "API-KEY", "aws_secret_access_key", "client_secret", "auth", "X-Amz-Signature"),
    *("passphrase", "sas"),
]
PLAIN_NAMES = [
    "max_tokens",
    "tokenizer",
    "pad_token",
    "eos_token",
    "sort_key",
    "keyboard",
    "author",
    "depth",
    "compass",
]
SECRET = st.text(
    alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.~+/", min_size=8, max_size=40
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_names_of_other_things_are_not_taken_for_secrets(name: str) -> None:
    assert not is_secret_name(name)


@given(st.sampled_from(SECRET_NAMES), SECRET, st.sampled_from(["--{n}={s}", "{n}={s}", "-{n}={s}"]))
def test_an_argument_with_a_secret_name_loses_its_value(name: str, secret: str, form: str) -> None:
    argument = form.format(n=name.lstrip("-"), s=secret)

    found = shlex.join(redact_arguments(["train.py", argument, "--depth", "8"], {}))

    assert secret not in found
    assert found.startswith("train.py")
    assert found.endswith("--depth 8")


@given(st.sampled_from(SECRET_NAMES), SECRET)
def test_the_argument_after_a_secret_option_is_hidden(name: str, secret: str) -> None:
    assume(not secret.startswith("--"))

    found = redact_arguments(["train.py", f"--{name.lstrip('-')}", secret, "data.csv"], {})

    assert found == ["train.py", f"--{name.lstrip('-')}", HIDDEN, "data.csv"]


@pytest.mark.parametrize(
    "arguments", [["--key", "abc"], ["--key=abc"], ["key=abc"], ["-key", "abc"], ["--signing-key=abc"]]
)
def test_a_key_on_a_command_line_is_a_secret(arguments: list[str]) -> None:
    assert "abc" not in " ".join(redact_arguments(arguments, {}))


def test_the_value_of_a_secret_variable_is_hidden_wherever_it_stands() -> None:
    environment = {"MY_SERVICE_TOKEN": "correct-horse", "HOME": "/data/ann", "AUTH": "true"}

    found = redact_arguments(["train.py", "correct-horse", "--url=x:correct-horse@y", "/data/ann", "true"], environment)

    assert found == ["train.py", HIDDEN, f"--url=x:{HIDDEN}@y", "/data/ann", "true"]


@pytest.mark.parametrize(
    "text",
    [
        "401 for token=hunter2hunter2",
        "Authorization: Bearer hunter2hunter2",
        'client = Client(api_key="hunter2hunter2")',
        "{'password': 'hunter2hunter2', 'user': 'ann'}",
        "could not reach https://ann:hunter2hunter2@example.org/data",
        "train.py --password hunter2hunter2 failed",
        "train.py --password=hunter2hunter2 failed",
    ],
)
def test_secrets_in_messages_are_hidden(text: str) -> None:
    found = redact_text(text, {})

    assert "hunter2" not in found
    assert HIDDEN in found


@pytest.mark.parametrize(
    "token",
    ["ghp_" + "a1B2" * 9, "sk-" + "a1B2" * 6, "hf_" + "aB" * 12, "AKIA" + "ABCD" * 4, "xoxb-1234567890-abc"],
)
def test_tokens_of_known_forms_are_hidden(token: str) -> None:
    assert redact_text(f"refused {token} here", {}) == f"refused {HIDDEN} here"


@pytest.mark.parametrize(
    "text",
    ["shape mismatch: (3, 4) and (4, 5)", "loss=nan at epoch 3", "file:///data/v3.parquet not found", "max_tokens=512"],
)
def test_ordinary_messages_stay_as_they_are(text: str) -> None:
    assert redact_text(text, {}) == text


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("s3://bucket/data.parquet", "s3://bucket/data.parquet"),
        ("https://ann:pw123456@example.org/a?v=3", "https://example.org/a?v=3"),
        ("https://example.org/a?sig=abc&v=3", f"https://example.org/a?sig={HIDDEN}&v=3"),
        (
            "https://b.example.org/a?X-Amz-Credential=AKIA&X-Amz-Signature=ff&X-Amz-Expires=60",
            f"https://b.example.org/a?X-Amz-Credential={HIDDEN}&X-Amz-Signature={HIDDEN}&X-Amz-Expires=60",
        ),
    ],
)
def test_uris_lose_only_their_secrets(uri: str, kept: str) -> None:
    assert redact_uri(uri) == kept


def test_text_under_secret_names_is_hidden_in_parameters_numbers_stay() -> None:
    found, hidden = redact_properties({"api_key": "abc", "max_token": 5, "nested": {"password": "x", "depth": 8}})

    assert found == {"api_key": HIDDEN, "max_token": 5, "nested": {"password": HIDDEN, "depth": 8}}
    assert hidden == ["api_key", "password"]


def test_what_holds_itself_or_is_endlessly_deep_is_cut_and_keeps_no_secret() -> None:
    own: dict[str, object] = {"password": "hunter2"}
    own["self"] = own
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]

    found, _ = redact_properties({"own": own, "deep": deep})

    assert "hunter2" not in repr(found)
    assert "…" in repr(found["deep"])


def test_the_working_folder_is_no_password() -> None:
    environment = {"PWD": "/data/ann/project", "OLDPWD": "/data/ann", "DB_PWD": "hunter22"}
    assert redact_text('File "/data/ann/project/train.py": hunter22', environment) == (
        f'File "/data/ann/project/train.py": {HIDDEN}'
    )
    assert redact_arguments(["/data/ann/project/train.py"], environment) == ["/data/ann/project/train.py"]
