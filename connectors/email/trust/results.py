"""Reading Authentication-Results (RFC 8601) in all its dialects. Never fails."""

import re
from dataclasses import dataclass, field

from connectors.email.reading.address_scan import end_of_comment, end_of_quoted

_RESULT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}")
_VERDICT = re.compile(
    r"none|pass|fail|policy|neutral|temperror|permerror|softfail|hardfail|bestguesspass"
)
METHODS = ("dmarc", "dkim", "spf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One `method=verdict` with its properties, names in lower case."""

    method: str
    verdict: str
    properties: dict[str, str] = field(default_factory=dict)


def best_verdict(results: list[Result], method: str) -> str:
    """`pass` if any passed, else the first; `none` without any."""
    verdicts = [result.verdict for result in results if result.method == method]
    if "pass" in verdicts:
        return "pass"
    return verdicts[0] if verdicts else "none"


def read_results(text: str) -> tuple[str, list[Result]]:
    """The authserv-id ('' if there is none) and the results of one header value. Never fails."""
    clauses = _clauses(text)
    if not clauses:
        return "", []
    authserv_id = ""
    first = clauses[0]
    # Microsoft 365 starts with the results at once: then nobody signs for them.
    if first and "=" not in first[0]:
        authserv_id = first[0]
        clauses = clauses[1:]
    results = [result for clause in clauses if (result := _to_result(clause)) is not None]
    return authserv_id, results


def _to_result(clause: list[str]) -> Result | None:
    if not clause:
        return None
    method, equals, verdict = clause[0].partition("=")
    method = method.partition("/")[0].strip().lower()
    verdict = verdict.strip().lower()
    if not equals or not _RESULT_NAME.fullmatch(method) or not _VERDICT.fullmatch(verdict):
        return None
    properties: dict[str, str] = {}
    for word in clause[1:]:
        name, equals, value = word.partition("=")
        if equals:
            properties.setdefault(name.strip().lower(), value)
    return Result(method=method, verdict=verdict, properties=properties)


def _clauses(text: str) -> list[list[str]]:
    """Words between semicolons; comments dropped, quoted and bracketed text kept whole.

    A semicolon, blank or `dmarc=pass` inside quotes, brackets or a comment therefore stays a part
    of the word that the sender chose, and never becomes a verdict.
    """
    # `header.from = example.com` may have blanks round the sign.
    text = " ".join(text.split()).replace(" =", "=").replace("= ", "=")
    clauses: list[list[str]] = [[]]
    word: list[str] = []
    index = 0

    def end_word() -> None:
        if word:
            clauses[-1].append("".join(word))
            word.clear()

    while index < len(text):
        character = text[index]
        if character == "(":
            index = _end_of(text, index)
            continue
        if character in '"<':
            end = _end_of(text, index)
            # A word that starts quoted keeps its mark, so that it can never be read as a method.
            word.append(text[index:end].strip('"<>') if word else text[index:end])
            index = end
            continue
        if character == ";":
            end_word()
            clauses.append([])
        elif character == " ":
            end_word()
        else:
            word.append(character)
        index += 1
    end_word()
    return [clause for clause in clauses if clause]


def _end_of(text: str, start: int) -> int:
    """Of what is begun at `start` by a quote, a round or an angle bracket; unclosed, of it all."""
    match text[start]:
        case "(":
            end = end_of_comment(text, start)
        case '"':
            end = end_of_quoted(text, start)
        case _:
            end = text.find(">", start) + 1 or None
    return len(text) if end is None else end
