"""Keeping secrets out of records: command lines, messages and URIs with what looks like a secret taken out.

What is taken out: values of options, keywords and query parameters whose names say that they are secret, tokens of
well-known forms, user and password in URLs, and the value of every environment variable whose name says that it is
secret. This is a sieve, not a proof: a secret that looks like an ordinary word passes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

__all__ = ["HIDDEN", "is_secret_name", "redact_arguments", "redact_properties", "redact_text", "redact_uri"]

HIDDEN = "***"

_SECRET_WORDS = frozenset(
    (
        *("accesskey", "accesstoken", "apikey", "auth", "authorization", "authtoken", "bearer", "cookie", "credential"),
        *("credentials", "passcode", "passphrase", "passwd", "password", "passwords", "pat", "pwd", "sas", "secret"),
        *("secretkey", "secrets", "sig", "signature", "token"),
    )
)
_KEY_OWNERS = frozenset(
    (
        *("access", "account", "api", "auth", "client", "encryption", "license", "private", "secret", "service"),
        *("shared", "ssh"),
    )
)
# Tokens of a vocabulary are no secrets.
_HARMLESS_BEFORE_TOKEN = frozenset(
    (
        *("begin", "bos", "class", "cls", "decoder", "end", "eos", "eot", "image", "mask", "next", "pad", "per"),
        *("prefix", "sep", "special", "start", "stop", "suffix", "unk"),
    )
)

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.\-]*"
_ENDINGS = ("apikey", "passwd", "password", "secret")  # as in PGPASSWORD
# A name and what parts it from its value: `name=`, `"name": `, `--name `.
_NAMED = re.compile(rf"(?<![A-Za-z0-9_.\-])-{{0,2}}(?P<name>{_NAME})[\"']?\s*[=:]\s*|(?<!\S)--?(?P<option>{_NAME})\s+")
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'|(?:(?i:bearer|basic)\s+)?[^\s,;&\"')\]}]+")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=\-]{8,}")
_USERINFO = re.compile(r"(?P<scheme>(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]*://)[^/\s@?#]+@")
_KNOWN_FORMS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_\-]{16,}|hf_[A-Za-z0-9]{20,}"
    r"|sk-[A-Za-z0-9_\-]{16,}|xox[abprs]-[A-Za-z0-9\-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_\-]{30,}"
    r"|pypi-[A-Za-z0-9_\-]{30,}|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*)"
)
_FOLDERS = frozenset(("PWD", "OLDPWD"))  # variables of shells: working folders, not passwords
_DEPTH = 50  # of mappings and lists that are looked into
_LEAST_VALUE = 6  # shorter values of variables are words such as "true": hiding them everywhere would hide the text


def is_secret_name(name: str, *, strict: bool = False) -> bool:
    """Whether a name says that its value is a secret: `api_key`, `--db-password`, `hfToken`, but not `max_tokens`.

    Args:
        name: of an option, a variable, a parameter or a property.
        strict: also where `key` stands alone or last, as on a command line.
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    for at, word in enumerate(words):
        if word == "key" and ((strict and at == len(words) - 1) or (at and words[at - 1] in _KEY_OWNERS)):
            return True
        if word == "token" and at and words[at - 1] in _HARMLESS_BEFORE_TOKEN:
            continue
        if word in _SECRET_WORDS or word.endswith(_ENDINGS):
            return True
    return False


def redact_arguments(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> list[str]:
    """A command line's arguments, each secret replaced by `***`."""
    secrets = _secret_values(environment)
    found: list[str] = []
    hide_next = False
    for argument in arguments:
        if hide_next and not argument.startswith("--"):
            found.append(HIDDEN)
            hide_next = False
            continue
        name, equals, _ = argument.partition("=")
        option = argument.startswith("-")
        hide_next = option and not equals and is_secret_name(name, strict=True)
        if equals and is_secret_name(name, strict=True):
            found.append(f"{name}={HIDDEN}")
        else:
            found.append(_redact(argument, secrets, strict=True))
    return found


def redact_text(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Free text, such as a message or a traceback, each secret replaced by `***`."""
    return _redact(text, _secret_values(environment), strict=False)


def redact_uri(uri: str) -> str:
    """A URI without user and password, its secret query parameters replaced by `***`."""
    uri = _USERINFO.sub(r"\g<scheme>", uri)
    head, question, query = uri.partition("?")
    if not question:
        return uri
    parts = [
        f"{name}={HIDDEN}" if equals and is_secret_name(name) else f"{name}{equals}{value}"
        for name, equals, value in (part.partition("=") for part in query.split("&"))
    ]
    return f"{head}?{'&'.join(parts)}"


def redact_properties(properties: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """The properties with text under secret names (also inside mappings) replaced, and the names it was done for."""
    hidden: list[str] = []

    def clean(name: str, value: object, depth: int = 0) -> object:
        if isinstance(value, str | bytes) and value and is_secret_name(name):
            hidden.append(name)
            return HIDDEN
        if depth > _DEPTH:  # so deep, or a thing that holds itself: nothing below is looked at, so nothing is stored
            return "…" if isinstance(value, Mapping | list | tuple) else value
        if isinstance(value, Mapping):
            mapping = cast("Mapping[object, object]", value)
            return {key: clean(str(key), item, depth + 1) for key, item in mapping.items()}
        if type(value) in (list, tuple):
            return [clean(name, item, depth + 1) for item in cast("list[object]", value)]
        return value

    return {name: clean(str(name), value) for name, value in properties.items()}, hidden


def _redact(text: str, secrets: Iterable[str], *, strict: bool) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)

    text = _USERINFO.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    parts: list[str] = []
    at = 0
    for match in _NAMED.finditer(text):
        name = match["name"] or match["option"]
        if match.end() < at or not is_secret_name(name, strict=strict):
            continue
        value = _VALUE.match(text, match.end())
        if value is not None:
            parts += [text[at : match.end()], HIDDEN]
            at = value.end()
    text = "".join([*parts, text[at:]])
    return _KNOWN_FORMS.sub(HIDDEN, text)


def _secret_values(environment: Mapping[str, str] | None) -> list[str]:
    values = os.environ if environment is None else environment
    found = {
        value
        for name, value in values.items()
        if len(value) >= _LEAST_VALUE and name not in _FOLDERS and is_secret_name(name, strict=True)
    }
    return sorted(found, key=len, reverse=True)
