import argparse
import sqlite3
import sys
from pathlib import Path

HELP = "Shrinks the field notebooks. Run it only while nobody is syncing."


def options(argv):
    p = argparse.ArgumentParser(description=HELP)
    p.add_argument("folder", type=Path)
    p.add_argument("--older-than", type=int, default=540, metavar="DAYS")
    p.add_argument("--pages", type=int, default=4096)
    p.add_argument("--dry", action="store_true", help="only print what would go")
    p.add_argument("--keep-photos", action="store_true")
    return p.parse_args(argv)


def main(argv=None):
    o = options(argv)
    books = sorted(o.folder.glob("*.fieldbook"))
    if not books:
        print("no notebooks here", file=sys.stderr)
        return 66
    for book in books:
        with sqlite3.connect(book, timeout=18) as db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute(
                "DELETE FROM note WHERE pinned = 0 AND made < date('now', ?)",
                (f"-{o.older_than} days",),
            )
            if not o.keep_photos:
                db.execute("DELETE FROM photo WHERE note_id NOT IN (SELECT id FROM note)")
        print(f"{book.name}: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
