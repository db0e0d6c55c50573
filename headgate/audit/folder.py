"""Where a ledger keeps what: names of files, keys made on first use, blobs, and the kept checkpoints.

checkpoint                the current signed tree head
checkpoints/<N>           every signed tree head, 256 to a file
witnessed/<key id>        the newest tree head that a witness signed
tile/<L>/<N>[.p/<W>]      hashes          tile/entries/<N>[.p/<W>]   entries
blob/sha256/<aa>/<rest>   payloads too large for an entry, by their hash
key.pub, key              verifier key, and the signing key where it is kept beside the ledger
pending                   write-ahead file   lock   scratch/
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from headgate.audit.checkpoint import split_notes
from headgate.audit.durable import IMMUTABLE, OWNER_ONLY, flush_folder, flush_folders, make_folder, write_all, write_new
from headgate.audit.note import Signer, Verifier, is_key_name
from headgate.audit.tiles import Tile, index_path
from headgate.errors import HeadgateError

KEY_VARIABLE = "HEADGATE_LEDGER_KEY"
NOTES_A_FILE = 256


@dataclass(frozen=True)
class Folder:
    """A ledger's folder."""

    root: Path

    @property
    def checkpoint(self) -> Path:
        """The current signed tree head."""
        return self.root / "checkpoint"

    @property
    def kept(self) -> Path:
        """The folder of every signed tree head."""
        return self.root / "checkpoints"

    @property
    def witnessed(self) -> Path:
        """The folder of the newest tree heads that witnesses signed."""
        return self.root / "witnessed"

    @property
    def pending(self) -> Path:
        """The write-ahead file."""
        return self.root / "pending"

    @property
    def lock(self) -> Path:
        """The writer's lock."""
        return self.root / "lock"

    @property
    def scratch(self) -> Path:
        """Unfinished files; whatever is in it may go."""
        return self.root / "scratch"

    @property
    def public_key(self) -> Path:
        """The verifier key."""
        return self.root / "key.pub"

    @property
    def signing_key(self) -> Path:
        """The signing key: HEADGATE_LEDGER_KEY, else beside the ledger."""
        return Path(os.environ.get(KEY_VARIABLE) or self.root / "key")

    @property
    def next_key(self) -> Path:
        """The signing key that is taking over, while it does."""
        return self.signing_key.with_name(f"{self.signing_key.name}.next")

    def next_signer(self) -> Signer | None:
        """Return the key that is taking over; None when no rotation was interrupted."""
        try:
            return _signer(self.next_key)
        except FileNotFoundError:
            return None

    def begin_rotation(self, name: str) -> Signer:
        """Make a new key, durably, beside the one in force."""
        signer = Signer.generate(name)
        beside = self.next_key.parent
        scratch = self.scratch if beside == self.root else beside
        write_new(self.next_key, f"{signer.encode()}\n".encode(), scratch)
        flush_folder(self.next_key.parent)
        return signer

    def end_rotation(self, signer: Signer) -> None:
        """Put the new key in the old one's place: the public half first, so that the private one is never without."""
        write_new(self.public_key, f"{signer.verifier}\n".encode(), self.scratch)
        flush_folder(self.root)
        self.next_key.replace(self.signing_key)
        flush_folder(self.signing_key.parent)

    def tile(self, tile: Tile) -> Path:
        """Return a tile's file."""
        return self.root / tile.path

    def blob(self, digest: str) -> Path:
        """Return the file of a payload, by its SHA-256 in hexadecimal."""
        return self.root / "blob" / "sha256" / digest[:2] / digest[2:]

    def create(self, origin: str | None = None) -> None:
        """Make the folder, or say why it can't be; one that is refused its name leaves nothing behind."""
        if not self.root.exists():
            _origin(origin)
        try:
            make_folder(self.root)
            make_folder(self.scratch)
        except OSError as error:
            raise HeadgateError(
                "the ledger's folder can't be made",
                where=str(self.root),
                found=error.strerror,
                fix="name a folder that you may write with --ledger",
            ) from error

    def require(self) -> None:
        """Refuse a folder that holds no ledger, or that is somebody else's."""
        try:
            is_begun = self.checkpoint.is_file() or self.pending.is_file()
        except OSError as error:
            raise unreadable(self.root, error) from error
        if not is_begun:
            raise HeadgateError(
                "there is no ledger here",
                where=str(self.root),
                expected="a folder with a `checkpoint`",
                fix="name the ledger with --ledger, or begin one with `headgate audit append`",
            )

    def signer(self, origin: str | None) -> Signer:
        """Return the signing key; make it when the ledger is new, refuse when it is lost."""
        path = self.signing_key
        if path.is_file():
            signer = _signer(path)
            if origin is not None and origin != signer.name:
                raise HeadgateError(
                    "the ledger has another name",
                    where=str(self.root),
                    found=signer.name,
                    expected=origin,
                    fix="leave --origin out, which names a new ledger, or name another one with --ledger",
                )
        elif self.checkpoint.exists():
            raise HeadgateError(
                "the ledger's signing key is missing",
                where=str(path),
                fix=f"put the key back, or name its file in {KEY_VARIABLE}; nothing can be appended without it",
            )
        else:
            signer = Signer.generate(_origin(origin))
            make_folder(path.parent)
            write_new(path, f"{signer.encode()}\n".encode(), self.scratch)
            flush_folders([path.parent], self.root)
        if not self.public_key.exists():
            write_new(self.public_key, f"{signer.verifier}\n".encode(), self.scratch)
        return signer

    def verifier(self, key: Path | None = None) -> Verifier:
        """Return the verifier key of a file, or the one that the ledger itself claims."""
        path = key or self.public_key
        try:
            return Verifier.parse(path.read_text(), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise HeadgateError(
                "the ledger's public key can't be read",
                where=str(path),
                found=str(error),
                expected="a file such as the ledger's key.pub",
                fix="give its file with --key",
            ) from error

    @staticmethod
    def digest(content: bytes) -> str:
        """Return the name of a payload."""
        return hashlib.sha256(content).hexdigest()

    def keep_blob(self, content: bytes) -> str:
        """Make a payload durable under its hash and return the hash."""
        digest = self.digest(content)
        path = self.blob(digest)
        if not path.exists():
            write_new(path, content, self.scratch, IMMUTABLE)
            flush_folders([path.parent], self.root)
        return digest

    def cosigned(self, witness: str) -> str | None:
        """Return the newest tree head that a witness signed, by the witness's key id."""
        try:
            return (self.witnessed / witness).read_text()
        except OSError:
            return None

    def keep_cosigned(self, witness: str, note: str) -> None:
        """Keep what a witness signed, in place of what it signed before."""
        scratch = self.witnessed / "scratch"
        make_folder(scratch)
        write_new(self.witnessed / witness, note.encode(), scratch)
        shutil.rmtree(scratch)
        flush_folder(self.witnessed)

    def kept_files(self) -> list[Path]:
        """Return the files of signed tree heads, oldest first, up to the first gap."""
        return [self.kept / index_path(index) for index in range(self._kept_count())]

    def _kept_count(self) -> int:
        """Return how many files of tree heads there are, without listing each one."""
        beyond = 1
        while (self.kept / index_path(beyond - 1)).is_file():
            beyond *= 2
        low, high = beyond // 2, beyond - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if (self.kept / index_path(middle - 1)).is_file() else (low, middle - 1)
        return low

    def _newest_kept_file(self) -> tuple[Path, list[str], str]:
        """Return the file that the next tree head goes to, its notes, and what a crash left behind them."""
        count = self._kept_count()
        if not count:
            return self.kept / index_path(0), [], ""
        path = self.kept / index_path(count - 1)
        notes, rest = split_notes(path.read_text())
        return path, notes, rest

    def newest_kept(self) -> str | None:
        """Return the newest whole note among the kept ones."""
        notes = self._newest_kept_file()[1]
        return notes[-1] if notes else None

    def keep_checkpoint(self, note: str) -> None:
        """Append a signed tree head to the kept ones, over whatever a crash left of the same append."""
        path, notes, rest = self._newest_kept_file()
        if notes and notes[-1] == note:
            return
        if len(notes) >= NOTES_A_FILE:
            path, rest = self.kept / index_path(self._kept_count()), ""
        make_folder(path.parent)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        try:
            os.ftruncate(file, os.fstat(file).st_size - len(rest.encode()))
            os.lseek(file, 0, os.SEEK_END)
            write_all(file, note.encode())
            os.fsync(file)
        finally:
            os.close(file)
        if len(notes) in (0, NOTES_A_FILE):
            flush_folders([path.parent], self.root)


def unreadable(root: Path, error: OSError) -> HeadgateError:
    """Return the error of a ledger that this user may not read, or a disk does not give."""
    return HeadgateError(
        "the ledger can't be read",
        where=str(error.filename or root),
        found=error.strerror or str(error),
        expected="a folder all of which you may read: a ledger's is its owner's alone",
        fix="read it as the user whose ledger it is, or a copy of the folder; its key is not needed",
    )


def _signer(path: Path) -> Signer:
    """Read a signing key; FileNotFoundError where there is none."""
    try:
        return Signer.parse(path.read_text(), str(path))
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise HeadgateError(
            "the ledger's signing key can't be read",
            where=str(path),
            found=error.strerror if isinstance(error, OSError) else "a file that is no text",
            expected="the key as the ledger was begun with it, readable for you",
            fix=f"put the key back, or name its file in {KEY_VARIABLE}; nothing can be appended without it",
        ) from error


def _origin(origin: str | None) -> str:
    """Return the name of a new log."""
    name = origin or f"headgate.dev/ledger/{secrets.token_hex(4)}"
    if not is_key_name(name):
        raise HeadgateError(
            "the origin can't name a ledger",
            found=name,
            expected="a name without spaces and plus signs, such as example.com/ledger",
            fix="give --origin such a name; nothing was made",
        )
    return name
