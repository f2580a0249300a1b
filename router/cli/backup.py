"""`onethread backup` and `onethread restore`: the record and its files, in one folder."""

import asyncio
import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from router.cli.output import Exit, fail, json_option, may_ask, on_record, show_json

if TYPE_CHECKING:
    from router.foundation import Foundation

MANIFEST = "manifest.json"
DUMP = "database.dump"
BLOBS = "blobs"


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--with-key", is_flag=True, help="Also copy the secret key: keep such a copy safe.")
@json_option
def backup_command(folder: Path, with_key: bool, as_json: bool) -> None:
    """Copy everything into a new FOLDER, also while the desk runs.

    Without the secret key, accounts' passwords in the copy can be opened by nobody.
    """

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.storage import backup
        from router.storage.ops import schema_revision

        _claim(folder)
        async with base.database.reading() as work:
            position, outbox_id = await backup.outbox_mark(work)
            revision = await schema_revision(work)
        await backup.dump(base.database.url, folder / DUMP)
        # After the dump: a blob is written before the row that names it, so none is missing.
        files = await asyncio.to_thread(
            _copy_tree, base.settings.data_dir / "blobs", folder / BLOBS
        )
        key = base.settings.data_dir / "secret_key"
        if with_key and await asyncio.to_thread(key.is_file):
            await asyncio.to_thread(shutil.copy2, key, folder / "secret_key")
        manifest = {
            "version": 1,
            "made_at": base.clock.now().isoformat(),
            "revision": revision,
            "position": position,
            "outbox_id": outbox_id,
            "files": files,
            "dump_sha256": await asyncio.to_thread(_digest, folder / DUMP),
            "key_check": base.keyring.sign("backup", "key check"),
        }
        text = json.dumps(manifest, indent=1) + "\n"
        await asyncio.to_thread((folder / MANIFEST).write_text, text)
        return {"folder": str(folder), **manifest}

    made = _guarded(run)
    if as_json:
        show_json(made)
    else:
        click.echo(f"The record and {made['files']} files are in {folder}.")
        if not with_key:
            click.echo("The secret key is not: keep it elsewhere, or use --with-key.")


@click.command("restore")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace what is in the database without asking.")
@json_option
def restore_command(folder: Path, yes: bool, as_json: bool) -> None:
    """Bring a copy back in place of what is there. Stop the desk first.

    Nothing that waited to go out when the copy was made is sent: an agent decides on each.
    """
    manifest = _read_manifest(folder)
    if not yes:
        if not may_ask():
            fail("no terminal to ask at: use --yes", Exit.USAGE)
        click.confirm("Replace everything in the database?", abort=True, err=True)

    async def run(base: "Foundation") -> dict[str, Any]:
        from router.services import audit
        from router.storage import backup
        from router.storage.audit import Facts
        from router.storage.migrate import migrate

        database = base.database
        async with database.reading() as work:
            running = await backup.running_processes(work)
        if running:
            fail(f"the desk is running ({running[0]}): stop it, and wait 20 s if it was killed")
        await asyncio.to_thread(_copy_tree, folder / BLOBS, base.settings.data_dir / "blobs")
        async with database.transaction() as work:
            await backup.set_aside(work)
        try:
            await backup.restore(database.url, folder / DUMP)
            await migrate(database.url)
        except BaseException:
            async with database.transaction() as work:
                await backup.put_back(work)
            raise
        async with database.transaction() as work:
            await backup.drop_aside(work)
            held = await backup.hold_restored(work)
            facts: Facts = {"made_at": str(manifest["made_at"]), "held": held}
            await audit.record(work, "cli", "record.restored", "record", facts)
        same_key = manifest.get("key_check") == base.keyring.sign("backup", "key check")
        return {"made_at": manifest["made_at"], "held": held, "same_key": same_key}

    done = _guarded(run)
    if as_json:
        show_json(done)
        return
    click.echo(f"The record is as it was on {done['made_at']}.")
    if done["held"]:
        click.echo(f"{done['held']} messages were waiting then: an agent decides on each.")
    if not done["same_key"]:
        click.echo(
            "The secret key is another one: bring the former one back, or enter the accounts'"
            " passwords again."
        )


def _guarded(run: Any) -> dict[str, Any]:
    from router.storage.backup import ToolFailed

    try:
        found: dict[str, Any] = on_record(run)
    except ToolFailed as error:
        fail(str(error))
    return found


def _claim(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fail(f"{folder} is not empty")
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        expected = manifest["dump_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        fail(f"{folder} is no backup: {MANIFEST} cannot be read ({error})")
    if _digest(folder / DUMP) != expected:
        fail(f"{folder / DUMP} is not as it was written: use another copy")
    return manifest


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _copy_tree(source: Path, target: Path) -> int:
    """Files whose names say what is in them: those that are there already are the same."""
    count = 0
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        relative = path.relative_to(source)
        if path.is_dir() or relative.parts[0] == "incoming":
            continue
        place = target / relative
        count += 1
        if place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(path, place)
        except FileNotFoundError:
            count -= 1  # dropped meanwhile, so no row names it
    return count
