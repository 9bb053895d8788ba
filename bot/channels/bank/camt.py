"""The bank's statements as it sends them: CAMT.053 of any version from 001.02, read without network and entities."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, Final, TypeAlias

from lxml import etree  # type: ignore[import-untyped]  # ships no types

from bot.core.bank import BankEntry, Side, Statement
from bot.core.money import Money

MOST: Final = Decimal(1_000_000_000)
_SPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.\d{3})\.001\.(\d{2})")
_BOOKED = frozenset({"BOOK", ""})
_GIVEN_BACK = frozenset({"RRTN", "RPCR"})  # BkTxCd: reversal due to a payment's return, or to its recall
_ISSUED = "ICDT"  # a transfer that the account's owner ordered
_TEXT = 500

Node: TypeAlias = Any  # an element: lxml says nothing about its types


def read_statements(content: bytes) -> list[Statement]:
    """The statements of one file. Raises ValueError in words where it is none, or cannot be read."""
    found = _document(content).findall(".//{*}Stmt")
    if not found:
        raise ValueError("there is no statement in it")
    return [_statement(node) for node in found]


def _document(content: bytes) -> Node:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as wrong:
        message = f"not XML: {wrong.msg}"
        raise ValueError(message) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("it declares a document type, which no statement needs: refused")
    space = _SPACE.match(etree.QName(root).namespace or "")
    if space is None or space[1] != "camt.053":
        kind = space[1] if space else etree.QName(root).localname
        message = f"{kind} is not a statement: CAMT.053 is read"
        raise ValueError(message)
    return root


def _statement(node: Node) -> Statement:
    account = _account(node, "Acct")
    name = _text(node, "Id") or _text(node, "ElctrncSeqNb")
    day = _closing(node)
    if day is None:
        message = f"the statement {name or 'without a name'} does not say of which day it is"
        raise ValueError(message)
    pending, entries, seen = 0, list[BankEntry](), Counter[str]()
    for entry in _all(node, "Ntry"):
        if (_text(entry, "Sts/Cd") or _text(entry, "Sts")) not in _BOOKED:
            pending += 1
            continue
        for one in _payments(entry, account, name, day):
            seen[one.identity] += 1
            entries.append(replace(one, identity=f"{one.identity}-{seen[one.identity]}"))
    return Statement(name=name, account=account, day=day, entries=tuple(entries), pending=pending)


def _closing(node: Node) -> date | None:
    """The last day it speaks of: its closing balance's, else the end of its period, else when it was made."""
    for balance in _all(node, "Bal"):
        if _text(balance, "Tp/CdOrPrtry/Cd") == "CLBD" and (day := _day(balance, "Dt")):
            return day
    for place in ("FrToDt/ToDtTm", "FrToDt/ToDt", "CreDtTm"):
        if day := _date(_text(node, place)):
            return day
    return None


def _payments(entry: Node, account: str, statement: str, closing: date) -> Iterator[BankEntry]:
    """An entry, or each payment in it where their amounts add up to it."""
    details = [one for group in _all(entry, "NtryDtls") for one in _all(group, "TxDtls")]
    amount, wrong = _amount(entry.find("{*}Amt"))
    common = BankEntry(
        identity="",
        statement=statement,
        side=_side(entry) or Side.DEBIT,
        amount=amount,
        wrong=wrong,
        booked_on=_day(entry, "BookgDt") or _day(entry, "ValDt") or closing,
        value_on=_day(entry, "ValDt"),
        reversal=_text(entry, "RvslInd").lower() in {"true", "1"},
        reason=_given_back(entry),
        ordered=_text(entry, "BkTxCd/Domn/Fmly/Cd") == _ISSUED,
    )
    bank = _text(entry, "AcctSvcrRef")
    if len(details) <= 1 or not _add_up(details, common):
        texts = _texts(entry, "AddtlNtryInf")
        made = replace(common, whole=len(details) <= 1)
        for detail in details:
            made = _told(made, detail, account)
        if len(details) > 1:
            made = replace(made, name="", iban="", end_to_end="")
        yield _identified(replace(made, texts=(*made.texts, *texts)[:50]), entry, account, bank)
        return
    for detail in details:
        one = replace(common, amount=_amount(_amount_of(detail))[0])
        yield _identified(_told(one, detail, account), detail, account, bank)


def _add_up(details: list[Node], whole: BankEntry) -> bool:
    amounts = [_amount(_amount_of(detail)) for detail in details]
    sides = {_side(detail) or whole.side for detail in details}
    if whole.wrong or any(wrong for _, wrong in amounts) or sides != {whole.side}:
        return False
    if {amount.currency for amount, _ in amounts} != {whole.amount.currency}:
        return False
    return sum(amount.cents for amount, _ in amounts) == whole.amount.cents


def _amount_of(detail: Node) -> Node | None:
    own = detail.find("{*}Amt")
    return own if own is not None else detail.find("{*}AmtDtls/{*}TxAmt/{*}Amt")


def _told(entry: BankEntry, detail: Node, account: str) -> BankEntry:
    """The entry with what this detail says about who, what for, and why it came back."""
    parties = ("Dbtr", "Cdtr") if entry.side is Side.CREDIT else ("Cdtr", "Dbtr")
    ibans = [_account(detail, f"RltdPties/{party}Acct") for party in parties]
    at = next((n for n, iban in enumerate(ibans) if iban and iban != account), 0)
    name = _text(detail, f"RltdPties/{parties[at]}/Nm") or _text(detail, f"RltdPties/{parties[at]}/Pty/Nm")
    back = _text(detail, "RtrInf/Rsn/Cd") or _text(detail, "RtrInf/Rsn/Prtry")
    if not back and detail.find("{*}RtrInf") is not None:
        back = "RTRN"
    structured = _texts(detail, "RmtInf/Strd/CdtrRefInf/Ref")
    free = (
        *_texts(detail, "RmtInf/Ustrd"),
        *_texts(detail, "RmtInf/Strd/RfrdDocInf/Nb"),
        *_texts(detail, "RmtInf/Strd/AddtlRmtInf"),
        *_texts(detail, "AddtlTxInf"),
    )
    return replace(
        entry,
        name=name[:_TEXT],
        iban="" if ibans[at] == account else ibans[at][:34],
        structured=(*entry.structured, *structured),
        texts=(*entry.texts, *free),
        end_to_end=_text(detail, "Refs/EndToEndId")[:_TEXT],
        reason=entry.reason or (back or _given_back(detail))[:35],
    )


def _given_back(node: Node) -> str:
    code = _text(node, "BkTxCd/Domn/Fmly/SubFmlyCd")
    return code if code in _GIVEN_BACK else ""


def _identified(entry: BankEntry, source: Node, account: str, bank: str) -> BankEntry:
    """What stays the same in whichever statement lists it; numbers that only count within one are left out."""
    amount = _amount_of(source)
    parts = (
        account,
        entry.side,
        bank,
        _text(source, "Refs/AcctSvcrRef"),
        _text(source, "Refs/TxId"),
        entry.wrong or f"{entry.amount.cents}",
        (amount.get("Ccy") if amount is not None else "") or entry.amount.currency,
        entry.booked_on.isoformat(),
        entry.end_to_end,
        entry.iban,
        entry.name,
        *entry.structured,
        *entry.texts,
    )
    return replace(entry, identity=sha256(json.dumps(parts).encode()).hexdigest()[:40])


def _amount(node: Node | None) -> tuple[Money, str]:
    """The amount, or nothing and what is wrong with it."""
    said = " ".join((node.text or "").split()) if node is not None else ""
    currency = node.get("Ccy", "") if node is not None else ""
    try:
        exact = Decimal(said) if re.fullmatch(r"[+-]?[0-9]*\.?[0-9]*", said) else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    faults = (
        (exact.is_nan(), f"the amount “{said[:40]}” is not a number"),
        (not re.fullmatch(r"[A-Z]{3}", currency), "the amount has no currency"),
        (exact < 0 if not exact.is_nan() else False, f"the amount {said[:40]} is negative"),
        (exact == 0, "the amount is zero"),
        (exact >= MOST if not exact.is_nan() else False, f"the amount {said[:40]} is beyond all measure"),
        (not exact.is_nan() and _is_finer(exact), f"the amount {said[:40]} is finer than a cent"),
    )
    wrong = next((words for is_so, words in faults if is_so), "")
    if wrong:
        return Money(cents=0, currency=currency if re.fullmatch(r"[A-Z]{3}", currency) else "EUR"), wrong
    return Money.of(exact, currency), ""


def _is_finer(exact: Decimal) -> bool:
    return exact < MOST and exact * 100 != (exact * 100).to_integral_value()


def _side(node: Node) -> Side | None:
    return {"CRDT": Side.CREDIT, "DBIT": Side.DEBIT}.get(_text(node, "CdtDbtInd"))


def _day(node: Node, place: str) -> date | None:
    return _date(_text(node, f"{place}/Dt") or _text(node, f"{place}/DtTm"))


def _date(text: str) -> date | None:
    """The day as the bank writes it, whatever hour and zone follow."""
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None


def _all(node: Node, place: str) -> list[Node]:
    return list(node.findall("/".join(f"{{*}}{name}" for name in place.split("/"))))


def _texts(node: Node, place: str) -> tuple[str, ...]:
    return tuple(text[:_TEXT] for one in _all(node, place) if (text := " ".join((one.text or "").split())))


def _text(node: Node, place: str) -> str:
    return next(iter(_texts(node, place)), "")


def _account(node: Node, place: str) -> str:
    """An IBAN, or what stands for one where there are none; without spaces."""
    said = _text(node, f"{place}/Id/IBAN") or _text(node, f"{place}/Id/Othr/Id")
    return "".join(said.split()).upper()
