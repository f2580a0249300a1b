"""Checks of a connector's folder: manifest, files, settings, imports. No network is needed."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from core.connector import CONTRACT_VERSION, Intake
from core.errors import BadConfig
from core.testing.subject import Subject, is_importable, overrides
from core.testing.verdict import ConformanceFailure, Declined, require

FILES = (
    "manifest.toml",
    "config.py",
    "connector.py",
    "convert.py",
    "errors.py",
    "sandbox.py",
    "README.md",
)
ALWAYS_ALLOWED = frozenset({"core", "msgspec", "pydantic"})
"""What the contract itself is made of."""
SANDBOX = re.compile(r"sandbox(_\w+)?\.py")
"""Runs in tests and demonstrations only, so it may need more than the manifest says."""
CHANNEL = re.compile(r"[a-z][a-z0-9_]*")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
PATH_OF_ICON = re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9eE .,+-]*")
SECRET_NAME = re.compile(r"(?<![a-z])(password|passphrase|secret|token|api_?key|private_?key)s?$")
DISTRIBUTION = re.compile(r"[A-Za-z0-9._-]+")


def check_manifest(subject: Subject) -> None:
    """It can be read without the code, speaks this contract, and names this very class."""
    manifest = subject.manifest()
    cls = subject.connector
    require(
        CHANNEL.fullmatch(manifest.channel) is not None,
        f"manifest: channel {manifest.channel!r} must be lower-case letters, digits and _",
    )
    require(bool(manifest.name.strip()), "manifest: name is empty; it is what agents see")
    require(bool(manifest.summary.strip()), "manifest: summary is empty; say what it connects")
    require(bool(manifest.realm), "manifest: realm is empty; identities need a name space")
    require(
        manifest.contract == CONTRACT_VERSION,
        f"manifest: contract is {manifest.contract}, the kit proves {CONTRACT_VERSION}",
    )
    entry = f"{cls.__module__}:{cls.__qualname__}"
    require(
        manifest.entry == entry, f"manifest: entry is {manifest.entry!r} and should be {entry!r}"
    )
    for wanted in manifest.requires:
        name = DISTRIBUTION.match(wanted)
        require(name is not None, f"manifest: requires holds {wanted!r}, no distribution's name")
        assert name is not None
        try:
            distribution(name.group())
        except PackageNotFoundError:
            require(False, f"manifest: requires {wanted!r}, which is not installed")


def check_badge(subject: Subject) -> None:
    """Colour and icon are what a page can show: #rrggbb, and one SVG path."""
    manifest = subject.manifest()
    require(
        COLOR.fullmatch(manifest.color) is not None,
        f"manifest: color {manifest.color!r} must be written as #rrggbb",
    )
    require(
        PATH_OF_ICON.fullmatch(manifest.icon) is not None,
        "manifest: icon must be the path of an SVG for a 24x24 box, or empty",
    )


def check_inspection(subject: Subject) -> None:
    """What the manifest names for `onethread inspect` reads anything and knows its options."""
    path = subject.manifest().inspect
    if not path:
        raise Declined("the manifest names nothing to inspect with")
    module, _, name = path.partition(":")
    require(is_importable(module), f"manifest: inspect names {module!r}, which is not there")
    found = getattr(importlib.import_module(module), name, None)
    if not callable(found):
        raise ConformanceFailure(f"manifest: inspect names {path!r}, which cannot be called")
    for raw in (b"", b"\x00\xff", b"x" * 1000):
        try:
            found(raw, {})
        # Whatever it may be: the command must answer for any source.
        except Exception as error:
            raise ConformanceFailure(f"inspect fails for {raw[:9]!r}: {error!r}") from error
    try:
        found(b"", {"no such option": ""})
    except BadConfig:
        return
    raise ConformanceFailure("inspect takes an option that does not exist")


def check_intake(subject: Subject) -> None:
    """What the manifest says of how messages come in is what the class has written."""
    intake = subject.manifest().intake
    require(bool(intake), "manifest: intake is empty; nothing could ever come in")
    for way, method in ((Intake.STREAM, "receive"), (Intake.WEBHOOK, "handle_webhook")):
        written = overrides(subject.connector, method)
        require(
            written == (way in intake),
            f"intake {way.value!r} is {'in' if way in intake else 'not in'} the manifest, "
            f"yet {method} is {'written' if written else 'not written'}",
        )
    require(
        (Intake.LOCAL in intake) == subject.is_local,
        "intake 'local' and a LocalConnector go together; only one of the two is there",
    )


def check_files(subject: Subject) -> None:
    """The files stand where everybody looks for them, and the README says something."""
    for name in FILES:
        require((subject.folder / name).is_file(), f"{name} is missing beside connector.py")
    readme = (subject.folder / "README.md").read_text()
    require(len(readme.split()) >= 50, "README.md: say how to set it up, and what it cannot do")


def check_settings(subject: Subject) -> None:
    """Every setting is explained, secrets are SecretStr, typos are refused, nothing changes."""
    config = subject.connector.Config
    require(issubclass(config, BaseModel), "Config must be a pydantic model")
    require(
        config.model_config.get("extra") == "forbid" and bool(config.model_config.get("frozen")),
        "Config must be frozen and forbid unknown settings: derive it from ConnectorConfig",
    )
    for path, model, name in _settings_of(config):
        field = model.model_fields[name]
        require(
            bool((field.description or "").strip()),
            f"setting {path} has no description: write it into the docstring below the field, "
            "or Field(description=...); it is the form's label text",
        )
        if SECRET_NAME.search(name):
            kinds = set(_kinds_in(field.annotation))
            require(
                str not in kinds and bytes not in kinds,
                f"setting {path} sounds like a secret and is not SecretStr",
            )
    config.model_json_schema()
    try:
        config.model_validate({"no_setting_has_this_name": 1})
    except ValidationError:
        return
    require(False, "Config takes a setting that does not exist")


def secret_settings(subject: Subject) -> tuple[str, ...]:
    """Paths of the settings that are kept sealed."""
    found = _settings_of(subject.connector.Config)
    return tuple(
        path
        for path, model, name in found
        if SecretStr in set(_kinds_in(model.model_fields[name].annotation))
    )


def _settings_of(
    model: type[BaseModel], path: str = ""
) -> Iterator[tuple[str, type[BaseModel], str]]:
    for name, field in model.model_fields.items():
        yield f"{path}{name}", model, name
        for kind in _kinds_in(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _settings_of(kind, f"{path}{name}.")


def _kinds_in(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of: `SecretStr | None` -> SecretStr, NoneType."""
    if get_origin(annotation) is None:
        yield annotation
    for part in get_args(annotation):
        yield from _kinds_in(part)


def check_imports(subject: Subject) -> None:
    """It stands on core, on itself, on the standard library and on what the manifest requires."""
    allowed = _modules_of(subject.manifest().requires)
    wrong = []
    for path in sorted(subject.folder.rglob("*.py")):
        inner = path.relative_to(subject.folder).as_posix()
        if inner.startswith("tests/"):
            continue
        for line, module in _imports(path, _package_of(subject, path)):
            top = module.partition(".")[0]
            is_own = module == subject.package or module.startswith(subject.package + ".")
            is_sibling = top == subject.package.partition(".")[0] and not is_own
            is_foreign = top == "router" or is_sibling or module.startswith("core.testing")
            is_known = top in sys.stdlib_module_names or top in ALWAYS_ALLOWED or top in allowed
            if SANDBOX.fullmatch(inner):
                is_known = not is_foreign or module.startswith("core.testing")
                is_foreign = not is_known
            if not is_own and (is_foreign or not is_known):
                wrong.append(f"{inner}:{line} imports {module}")
    require(
        not wrong,
        "imports outside core, itself, the standard library and the manifest's `requires`: "
        + "; ".join(wrong),
    )


def check_convert_is_pure(subject: Subject) -> None:
    """`convert.py` waits for nothing, so that most tests need neither network nor loop."""
    path = subject.folder / "convert.py"
    if not path.exists():
        raise Declined("there is no convert.py; another check says so")
    waits = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]
    require(not waits, f"convert.py must be pure, and waits for something in lines {waits}")


def _modules_of(requires: tuple[str, ...]) -> frozenset[str]:
    wanted = {_canonical(match.group()) for r in requires if (match := DISTRIBUTION.match(r))}
    return frozenset(
        module
        for module, owners in packages_distributions().items()
        if any(_canonical(owner) in wanted for owner in owners)
    )


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _package_of(subject: Subject, path: Path) -> str:
    inner = path.parent.relative_to(subject.folder).parts
    return ".".join((subject.package, *inner))


def _imports(path: Path, package: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                module = ".".join((*above, *filter(None, [module])))
            yield node.lineno, module


PACKAGE_CHECKS = (
    check_manifest,
    check_badge,
    check_inspection,
    check_intake,
    check_files,
    check_settings,
    check_imports,
    check_convert_is_pure,
)
