"""Checks a bundle of evidence by itself: python3 verify.py [bundle.zip or its folder].

Needs Python 3.8 or later, no network, nothing installed. Says what was checked and ends with 0; or names the first
thing that is not as it was recorded, and ends with 1.
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path


class Wrong(Exception):  # noqa: N818 - read aloud
    """The first thing that is not as it was, in words."""


def main(arguments):
    place = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).resolve().parent
    try:
        for line in check(read(place)):
            sys.stdout.write(line + "\n")
    except (Wrong, OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as wrong:
        sys.stdout.write(f"WRONG: {wrong if isinstance(wrong, Wrong) else repr(wrong)}\n")
        return 1
    sys.stdout.write("Everything is as it was recorded.\n")
    return 0


def read(place):
    """The files of a bundle by their names."""
    if place.is_file():
        with zipfile.ZipFile(str(place)) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    files = (file for file in sorted(place.rglob("*")) if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(place).as_posix(): file.read_bytes() for file in files}


def check(files):
    """What was checked, a line each. Raises Wrong."""
    manifest = json.loads(files["manifest.json"].decode("utf-8"))
    chains = {subject: rows_of(files, subject) for subject in manifest["subjects"]}
    erased = erasures(chains)
    heads = {}
    for subject, rows in chains.items():
        heads[subject] = check_chain(subject, rows, erased)
        found = check_named(subject, rows, files, erased)
        if len(rows) < manifest["heads"][subject]["seq"]:
            raise Wrong(f"{subject}: its last facts are missing")
        yield f"{subject}: {len(rows)} facts in one chain, {found}"
    yield check_anchor(manifest, heads)
    yield check_files(manifest, files)


def rows_of(files, subject):
    """The facts of this subject, as they are kept."""
    lines = files[f"facts/{subject}.jsonl"].decode("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def erasures(chains):
    """What the customer's chain says was erased: proofs of what is left of a fact, hashes of what is gone."""
    proofs, gone, before = set(), set(), ""
    for row in next((rows for subject, rows in chains.items() if subject.startswith("C-")), []):
        if row["kind"] == "PersonalDataErased" and row["body"] and is_written(row, before):
            fact = json.loads(row["body"])
            proofs.update((one["subject"], one["seq"], one["proof"]) for one in fact["redactions"])
            gone.update(fact.get("gone", []))
        before = row["chain"]
    return proofs, gone


def check_chain(subject, rows, erased):
    """Every link again, each over all before it; the chain's values. A body that is withheld stands by its hash.

    A fact whose words were erased keeps its value: what is left of it is what the customer's chain says.
    """
    chain, values = "", []
    for expected, row in enumerate(rows, start=1):
        sound = is_written(row, chain) or (subject, row["seq"], remains(row, chain)) in erased[0]
        if row["seq"] != expected or row["subject"] != subject or not sound:
            raise Wrong(f"{subject}: fact {expected} is not what was written")
        chain = row["chain"]
        values.append(chain)
    return values


def is_written(row, before):
    """Whether a fact is as it was written, on the chain before it."""
    written = row["body"] is None or sha256(row["body"].encode("utf-8")) == row["body_sha256"]
    return written and row["chain"] == link(row, before)


def remains(row, before):
    """What proves that this is what is left of a fact: its place, its words now, and its chain's value then."""
    return linked((link(row, before), row["body"], row["chain"]))


def link(row, before):
    return linked((before, row["subject"], row["seq"], row["kind"], row["at"], row["actor"], row["body_sha256"]))


def check_named(subject, rows, files, erased):
    """Every document, page, mail and message that a fact names by its hash, unless it was erased since."""
    by_hash = {name.rpartition("/")[2].partition(".")[0]: content for name, content in files.items()}
    count = {"document": 0, "wording": 0, "mail": 0, "copy": 0, "gone": 0}
    for row in rows:
        for what, digest, number in named(row["body"]):
            content = files.get(f"documents/{number}.pdf") if what == "document" else by_hash.get(digest)
            gone = content is None and digest in erased[1]
            if not gone and (content is None or sha256(content) != digest):
                raise Wrong(f"{subject}: {wrong_words(what, row['seq'], number)}")
            count["gone" if gone else what] += 1
    return (
        f"{count['document']} documents, {count['wording']} pages shown, {count['mail']} mails that decided, "
        f"{count['copy']} messages out, {count['gone']} erased since"
    )


def named(body):
    """What a fact names: a word for what it is, its hash, and the number of a document."""
    fact = json.loads(body) if body else {}
    evidence, sent = fact.get("evidence") or {}, fact.get("sent") or {}
    found = []
    if fact.get("document_sha256") and fact.get("number"):
        found.append(("document", fact["document_sha256"], fact["number"]))
    if evidence.get("wording_sha256") and (evidence.get("posted_at") or evidence["method"] == "link"):
        found.append(("wording", evidence["wording_sha256"], ""))
    if evidence.get("mail_sha256"):
        found.append(("mail", evidence["mail_sha256"], ""))
    if sent.get("copy_sha256"):
        found.append(("copy", sent["copy_sha256"], ""))
    return found


def wrong_words(what, seq, number):
    """What is wrong with something that a fact names."""
    return {
        "document": f"the document {number} is not what was sent",
        "wording": f"the wording that fact {seq} names is not what was shown",
        "mail": f"the mail that fact {seq} names is not what came in",
        "copy": f"the message that fact {seq} names is not what was sent",
    }[what]


def check_anchor(manifest, heads):
    """That each chain, as far as it went then, is under its anchor: compare that with the mail that brought it."""
    if not manifest["anchor"]:
        return "no anchor yet"
    if not is_sound(manifest["anchor"]):
        raise Wrong("the newest anchor is not what it says")
    under = []
    for subject, place in sorted(manifest["places"].items()):
        anchor = place["anchor"]
        if place["chain"] not in heads[subject] or climb(place) != anchor["root"] or not is_sound(anchor):
            raise Wrong(f"{subject} is not under its anchor")
        under.append(f"{subject} is under the anchor of {anchor['utc']}, {anchor['hash']}")
    return "; ".join(under) or "no anchor over these chains yet"


def is_sound(anchor):
    """Whether an anchor's hash is over what it says."""
    link = (anchor["before"], anchor["root"], anchor["upto"], anchor["facts"], anchor["at"])
    return linked(link) == anchor["hash"]


def climb(place):
    """The root that a chain's value leads to, up its path (the tree of RFC 6962)."""
    node, index = hashlib.sha256(b"\0" + place["chain"].encode("utf-8")).digest(), place["index"]
    for beside in place["path"]:
        if beside:
            other = bytes.fromhex(beside)
            node = hashlib.sha256(b"\1" + (other + node if index % 2 else node + other)).digest()
        index //= 2
    return node.hex()


def check_files(manifest, files):
    """That the bundle holds exactly the files that it lists."""
    listed = manifest["files"]
    for name in sorted(set(listed) | set(files) - {"manifest.json"}):
        if name not in files or name not in listed or sha256(files[name]) != listed[name]:
            raise Wrong(f"the file {name} is not what the manifest lists")
    return f"{len(listed)} files as the manifest lists them"


def linked(parts):
    return sha256("\0".join(str(part) for part in parts).encode("utf-8"))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
