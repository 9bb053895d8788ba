"""Statements as banks write them, in which only what matters is said."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

IBAN, OURS = "FR7630006000011234567890189", "FR7610107001011234567890129"
DAY = "2010-06-14"


def statement(*entries: str, version: str = "02", name: str = "S1", day: str = DAY) -> bytes:
    """A file with one statement of our account."""
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    balance = f"<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Dt><Dt>{day}</Dt></Dt></Bal>"
    head = f"<Id>{name}</Id><CreDtTm>{day}T22:00:00</CreDtTm><Acct><Id><IBAN>{OURS}</IBAN></Id></Acct>{balance}"
    body = f"<GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt>{head}{''.join(entries)}</Stmt>"
    return f'<?xml version="1.0"?><Document xmlns="{space}"><BkToCstmrStmt>{body}</BkToCstmrStmt></Document>'.encode()


def entry(
    amount: str = "24.00",
    *texts: str,
    ref: str = "",
    side: str = "CRDT",
    day: str = DAY,
    currency: str = "EUR",
    iban: str = IBAN,
    name: str = "Client SA",
    end_to_end: str = "NOTPROVIDED",
    bank: str = "",
    more: str = "",
    inner: str = "",
    status: str = "<Sts>BOOK</Sts>",
    party: str = "",
) -> str:
    """One entry with one payment in it; `more` goes into the entry, `inner` into its details."""
    who = "Dbtr" if side == "CRDT" else "Cdtr"
    named = f"<Nm>{escape(name)}</Nm>"
    shown = f"<{who}>{f'<{party}>{named}</{party}>' if party else named}</{who}>"
    account = f"<{who}Acct><Id><IBAN>{iban}</IBAN></Id></{who}Acct>" if iban else ""
    structured = f"<Strd><CdtrRefInf><Ref>{ref}</Ref></CdtrRefInf></Strd>" if ref else ""
    free = "".join(f"<Ustrd>{escape(text)}</Ustrd>" for text in texts)
    details = (
        f"<Refs><EndToEndId>{escape(end_to_end)}</EndToEndId></Refs><RltdPties>{shown}{account}</RltdPties>"
        f"<RmtInf>{free}{structured}</RmtInf>{inner}"
    )
    return _entry(amount, [details], side, day, currency, bank, more, status)


def batch(amount: str, parts: Iterable[tuple[str, str]]) -> str:
    """One entry for several payments, each with its amount and its words."""
    details = [
        f'<AmtDtls><TxAmt><Amt Ccy="EUR">{part}</Amt></TxAmt></AmtDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf>'
        for part, text in parts
    ]
    return _entry(amount, details, "CRDT", DAY, "EUR", "", "", "<Sts>BOOK</Sts>")


def _entry(
    amount: str, details: list[str], side: str, day: str, currency: str, bank: str, more: str, status: str
) -> str:
    reference = f"<AcctSvcrRef>{bank}</AcctSvcrRef>" if bank else ""
    inside = "".join(f"<TxDtls>{one}</TxDtls>" for one in details)
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}'
        f"<BookgDt><Dt>{day}</Dt></BookgDt>{reference}{more}<NtryDtls>{inside}</NtryDtls></Ntry>"
    )
