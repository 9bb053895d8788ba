"""Who wrote a message, as staff read it: the address that was judged comes first, then how sure it is."""

from bot.app.proof import Level, Proof, decode
from storage import Message

_SURE = {
    Level.STRONG: "proven",
    Level.WEAK: "not proven, but from a server of that domain",
    Level.NONE: "not proven",
    Level.FAIL: "NOT proven, perhaps forged",
    Level.MALFORMED: "NOT proven, and written as no mail program would",
    Level.LATER: "not proven yet: DNS did not answer",
}


def author(message: Message) -> str:
    """One line: the address, the name it goes by, how sure it is, and what to beware of."""
    proof = decode(message.proof)
    if proof is None or not proof.address:
        return message.author
    named = f" “{proof.name}”" if proof.name and proof.name.lower() != proof.address else ""
    return f"{proof.address}{named} ({'; '.join((_SURE[proof.level], *_warnings(proof)))})"


def _warnings(proof: Proof) -> tuple[str, ...]:
    pretends = f"BEWARE, its name shows another address: {proof.pretends}" if proof.pretends else ""
    resembles = f"BEWARE, its domain only looks like {proof.resembles}" if proof.resembles else ""
    unsure = f"BEWARE, {proof.unsure}: no decision was taken by it" if proof.unsure else ""
    reuses = "BEWARE, another mail came under its Message-ID" if proof.reuses else ""
    return tuple(filter(None, (pretends, resembles, unsure, reuses)))
