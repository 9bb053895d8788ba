"""Rows beside the journal: what is kept comes back as it was, and is found by what people know."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from bot.core.customer import Customer, Details
from bot.core.facts import (
    Authority,
    Channel,
    DiagnosisOrdered,
    Evidence,
    IncidentOpened,
    IncidentTaken,
    Language,
    PriceAnnounced,
    WayIn,
)
from bot.core.fold import fold
from bot.core.incident import Incident
from bot.core.lives import Stage, Support
from bot.core.money import Line, Money, Price
from bot.core.terms import Kind, Terms
from storage import (
    Attachment,
    Contact,
    Direction,
    Document,
    Entry,
    Fate,
    IncidentRow,
    InvoiceRow,
    KeptAttachment,
    Link,
    Message,
    NewMessage,
    PaperKind,
    Status,
    Store,
    Transaction,
    Via,
)
from tests.storage.times import MINUTE, NOW

DETAILS = Details(name="Zoé SARL", postal_address="1 rue du Port\n59100 Roubaix", siren="424761419")


def a_customer(tx: Transaction, address: str = "bob@clientsa.fr") -> Customer:
    return tx.customers.create(address=address, language=Language.FR, now=NOW, details=DETAILS)


def an_incident(tx: Transaction, incident_id: int = 42, title: str = "Site lent") -> Incident:
    customer = tx.customers.by_address("bob@clientsa.fr") or a_customer(tx)
    terms = Terms()
    opened = IncidentOpened(
        incident=incident_id,
        customer=customer.id,
        kind=Kind.BUSINESS,
        title=title,
        language=Language.FR,
        channel=Channel.MAIL,
        way_in=WayIn.DIAGNOSE,
        terms=terms,
        price=terms.usual_price,
    )
    tx.journal.append(f"INC-{incident_id}", 0, [Entry(fact=opened, at=NOW, actor="bob@clientsa.fr")])
    incident = fold([(opened, NOW)])
    assert incident is not None
    tx.incidents.add(incident, f"key{incident_id}", NOW)
    return incident


async def test_customer_comes_back_as_created(store: Store) -> None:
    created = await store.run(lambda tx: a_customer(tx, "Bob@ClientSA.fr"))

    assert created == Customer(
        id=created.id, kind=Kind.BUSINESS, language=Language.FR, address="bob@clientsa.fr", details=DETAILS
    )
    assert await store.read(lambda tx: tx.customers.load(created.id)) == created
    assert await store.read(lambda tx: tx.customers.by_address("BOB@clientsa.FR")) == created
    assert await store.read(lambda tx: tx.customers.listing()) == [created]


async def test_customer_unknown_is_none(store: Store) -> None:
    def look(tx: Transaction) -> list[Customer | None]:
        return [tx.customers.load(7), tx.customers.by_address("x@y.z"), tx.customers.by_slack("T1", "U1")]

    assert await store.run(look) == [None, None, None]


async def test_customer_saved_keeps_what_changed(store: Store) -> None:
    created = await store.run(a_customer)
    changed = replace(created, support=Support.FORFEITED, slack_team="T1", slack_user="U1", seq=3)

    await store.run(lambda tx: tx.customers.save(changed))

    assert await store.read(lambda tx: tx.customers.by_slack("T1", "U1")) == changed


async def test_slack_user_belongs_to_the_last_customer_linked(store: Store) -> None:
    first = await store.run(lambda tx: a_customer(tx, "a@clientsa.fr"))
    second = await store.run(lambda tx: a_customer(tx, "b@clientsa.fr"))

    for customer in (first, second):
        await store.run(lambda tx, of=customer.id: tx.customers.set_slack(of, "T1", "U1"))  # type: ignore[misc]

    found = await store.read(lambda tx: tx.customers.by_slack("T1", "U1"))
    assert found == replace(second, slack_team="T1", slack_user="U1")


async def test_contact_is_one_customers_only(store: Store) -> None:
    first = await store.run(a_customer)
    await store.run(lambda tx: tx.customers.add_contact(first.id, "Zoe@clientsa.fr", Authority.WRITE))
    await store.run(lambda tx: tx.customers.set_bounced("zoe@clientsa.fr", NOW))

    with pytest.raises(IntegrityError):
        await store.run(lambda tx: a_customer(tx, "zoe@clientsa.fr"))

    assert await store.read(lambda tx: tx.customers.contacts_of(first.id)) == [
        Contact(address="bob@clientsa.fr", customer_id=first.id, authority=Authority.OWNER, bounced_at=None),
        Contact(address="zoe@clientsa.fr", customer_id=first.id, authority=Authority.WRITE, bounced_at=NOW),
    ]


async def test_domain_that_looks_like_one_on_file_is_found_among_any_number(store: Store) -> None:
    def on_file(tx: Transaction) -> None:
        a_customer(tx, "bob@clientsa.fr")
        crowd = tx.customers.create(address="0@courriel.fr", language=Language.FR, now=NOW)
        for number in range(1, 150):
            tx.customers.add_contact(crowd.id, f"{number}@courriel.fr", Authority.WRITE)
        tx.customers.create(address="eve@courrie1.com", language=Language.FR, now=NOW)

    await store.run(on_file)
    domains = ("clientsa.fr", "c1ientsa.fr", "clientsa-fr.com", "courriel.fr", "courrie1.com", "ailleurs.fr", "a.fr")

    assert await store.read(lambda tx: {one: tx.customers.resembled_by(one) for one in domains}) == {
        "clientsa.fr": "",
        "c1ientsa.fr": "clientsa.fr",
        "clientsa-fr.com": "clientsa.fr",
        "courriel.fr": "courrie1.com",  # nobody there has given a name, so neither is more than the other
        "courrie1.com": "courriel.fr",
        "ailleurs.fr": "",
        "a.fr": "",
    }


async def test_counters_each_go_up_by_one_and_say_where_they_stand(store: Store) -> None:
    await store.run(lambda tx: tx.count(["b", "a"]))

    assert await store.run(lambda tx: tx.count(["c", "b"])) == {"b": 2, "c": 1}
    assert await store.run(lambda tx: tx.count([])) == {}


async def test_strangers_two_mails_at_once_make_one_customer(store: Store) -> None:
    def known(tx: Transaction) -> int:
        return (tx.customers.by_address("bob@clientsa.fr") or a_customer(tx)).id

    met = await asyncio.gather(*(store.run(known) for _ in range(5)))

    assert len(set(met)) == 1


async def test_incident_is_the_fold_of_its_facts(store: Store) -> None:
    opened = await store.run(an_incident)
    more = [
        PriceAnnounced(price=opened.price, via=Channel.MAIL, reply="250 ok"),
        DiagnosisOrdered(
            price=opened.price, kind=Kind.BUSINESS, evidence=Evidence(method="link", who="bob@clientsa.fr")
        ),
        IncidentTaken(by="Max"),
    ]

    def go_on(tx: Transaction) -> Incident:
        entries = [Entry(fact=fact, at=NOW + MINUTE, actor="bot") for fact in more]
        tx.journal.append("INC-42", 1, entries)
        incident = tx.incidents.load(42)
        assert incident is not None
        tx.incidents.save(incident, NOW + MINUTE)
        return incident

    incident = await store.run(go_on)

    assert (incident.stage, incident.seq, incident.assignee) == (Stage.ORDERED, 4, "Max")
    assert await store.read(lambda tx: tx.incidents.load(42)) == incident
    assert await store.read(lambda tx: tx.incidents.row(42)) == IncidentRow(
        id=42,
        customer_id=opened.customer,
        title="Site lent",
        language=Language.FR,
        stage=Stage.ORDERED,
        way_in=WayIn.DIAGNOSE,
        version=incident.version,
        seq=4,
        reply_key="key42",
        opened_at=NOW,
        updated_at=NOW + MINUTE,
        assignee="Max",
        waiting=False,
        previous=None,
        slack_channel=None,
        slack_ts=None,
    )


async def test_incident_is_found_by_its_reply_key_and_its_card(store: Store) -> None:
    await store.run(an_incident)
    await store.run(lambda tx: tx.incidents.set_card(42, "C1", "1276.0001"))

    def found(tx: Transaction) -> list[int | None]:
        rows = [tx.incidents.by_reply_key("key42"), tx.incidents.by_card("C1", "1276.0001")]
        rows += [tx.incidents.by_reply_key("other"), tx.incidents.by_card("C1", "1276.0002")]
        return [row.id if row else None for row in rows]

    assert await store.read(found) == [42, 42, None, None]
    assert await store.read(lambda tx: tx.incidents.load(7)) is None


async def test_listing_filters_incidents_the_latest_touched_first(store: Store) -> None:
    def several(tx: Transaction) -> int:
        for incident_id, title in enumerate(["Site lent", "100% CPU", "Mails perdus"], start=1):
            incident = an_incident(tx, incident_id, title)
        tx.incidents.save(replace(incident, id=1, title="Site lent", assignee="Max"), NOW + MINUTE)
        tx.incidents.save(replace(incident, id=2, title="100% CPU", stage=Stage.CLOSED), NOW)
        return incident.customer

    customer = await store.run(several)

    def listed(tx: Transaction) -> list[list[int]]:
        by = tx.incidents.listing
        lists = [by(), by(stages=[Stage.CLOSED]), by(assignee="Max"), by(assignee="", limit=1), by(waiting=True)]
        lists += [by(words="0% c"), by(words="%"), by(customer_id=customer + 1)]
        return [[row.id for row in rows] for rows in lists]

    assert await store.read(listed) == [[1, 3, 2], [2], [1], [3], [], [2], [2], []]
    assert await store.read(lambda tx: tx.incidents.open_of(customer)) == [1, 3]


async def test_ledger_gives_back_what_was_booked(store: Store) -> None:
    opened = await store.run(an_incident)
    price = Price.at(Money(cents=2000), Decimal(20))
    invoice = InvoiceRow(
        number="F2026-00042",
        kind=PaperKind.INVOICE,
        incident_id=42,
        customer_id=opened.customer,
        net=price.net,
        vat=price.vat,
        gross=price.gross,
        paid=Money(cents=0),
        credited=Money(cents=0),
        lines=(Line(label="Diagnostic", quantity=Decimal("1.0"), unit=Money(cents=2000)),),
        issued_at=NOW,
        due_on=date(2010, 7, 14),
        status=Status.OPEN,
    )
    credit = replace(
        invoice,
        number="A2026-00003",
        kind=PaperKind.CREDIT_NOTE,
        due_on=None,
        about="F2026-00042",
        status=Status.PAID,
    )

    def book(tx: Transaction) -> None:
        tx.money.insert(invoice)
        tx.money.insert(credit)
        tx.money.name(invoice.number, PaperKind.INVOICE, 42)

    await store.run(book)

    assert await store.read(lambda tx: tx.money.by_number("F2026-00042")) == invoice
    assert await store.read(lambda tx: tx.money.by_number("F2026-00043")) is None
    assert await store.read(lambda tx: tx.money.of_incident(42)) == [invoice, credit]
    assert await store.read(lambda tx: tx.money.listing(status=Status.OPEN)) == [invoice]
    assert await store.read(lambda tx: tx.money.incident_of("F2026-00042")) == 42
    assert await store.read(lambda tx: tx.money.incident_of("D2026-00001")) is None

    await store.run(
        lambda tx: tx.money.update(
            invoice.number, paid=Money(cents=2400), credited=Money(cents=0), status=Status.PAID
        )
    )

    assert await store.read(lambda tx: tx.money.open_of(opened.customer)) == []
    assert await store.read(lambda tx: tx.money.listing()) == [
        replace(invoice, paid=Money(cents=2400), status=Status.PAID),
        credit,
    ]


async def test_number_is_booked_once(store: Store) -> None:
    await store.run(an_incident)
    await store.run(lambda tx: tx.money.name("D2026-00017", PaperKind.QUOTE, 42))

    with pytest.raises(IntegrityError):
        await store.run(lambda tx: tx.money.name("D2026-00017", PaperKind.QUOTE, 42))


async def test_message_comes_back_with_its_files(store: Store) -> None:
    await store.run(an_incident)
    new = NewMessage(
        incident_id=42,
        direction=Direction.IN,
        channel=Via.MAIL,
        author="bob@clientsa.fr",
        text="Bonjour\0",
        at=NOW,
        subject="Site lent",
        quoted="> hier",
        rfc_message_id="<1@clientsa.fr>",
        content_sha256="c0",
        html_sha256="h0",
    )

    def keep(tx: Transaction) -> int:
        raw, photo = tx.blobs.keep(b"raw\0\xff"), tx.blobs.keep(b"png")
        files = [Attachment(sha256=photo, name="écran.png", media_type="image/png", cid="1@x")]
        return tx.messages.add(replace(new, raw=raw), files)

    kept = await store.run(keep)

    raw, photo = (hashlib.sha256(content).hexdigest() for content in (b"raw\0\xff", b"png"))
    (message,) = await store.read(lambda tx: tx.messages.of_incident(42))
    assert message == Message(
        id=kept,
        incident_id=42,
        direction=Direction.IN,
        channel=Via.MAIL,
        author="bob@clientsa.fr",
        text="Bonjour",
        at=NOW,
        subject="Site lent",
        quoted="> hier",
        rfc_message_id="<1@clientsa.fr>",
        raw=raw,
        content_sha256="c0",
        html_sha256="h0",
    )
    (file,) = await store.read(lambda tx: tx.messages.attachments_of(kept))
    assert file == KeptAttachment(
        id=file.id,
        message_id=kept,
        sha256=photo,
        name="écran.png",
        media_type="image/png",
        cid="1@x",
        size=3,
        begins=b"png",
    )
    assert await store.read(lambda tx: tx.messages.attachment(file.id)) == file
    assert await store.read(lambda tx: tx.blobs.content(raw)) == b"raw\0\xff"


async def test_messages_are_found_by_what_mails_refer_to(store: Store) -> None:
    await store.run(an_incident)

    def a_message(rfc_message_id: str | None, outbox_id: int | None = None) -> NewMessage:
        return NewMessage(
            incident_id=42,
            direction=Direction.OUT,
            channel=Via.MAIL,
            author="bot",
            text="",
            at=NOW,
            rfc_message_id=rfc_message_id,
            outbox_id=outbox_id,
            content_sha256="c1",
        )

    news = [a_message("<1@x>"), a_message(None), a_message("<2@x>", outbox_id=9)]
    first, _none, second = await store.run(lambda tx: [tx.messages.add(new) for new in news])
    await store.run(lambda tx: tx.messages.set_delivery(second, Fate.ACCEPTED, "250 Ok"))

    def found(tx: Transaction) -> tuple[object, ...]:
        carried = tx.messages.by_outbox_id(9)
        referred = tx.messages.by_rfc_ids(["<2@x>", "<1@x>", "<3@x>"])
        seen = [tx.messages.seen(*pair) for pair in (("<1@x>", "c1"), ("<1@x>", "c2"), ("<3@x>", "c1"))]
        return (
            [one.id for one in referred],
            tx.messages.references(42, NOW + timedelta(seconds=1)),
            seen,
            carried and carried.delivery,
        )

    assert await store.read(found) == ([second, first], ["<1@x>", "<2@x>"], [True, False, False], "accepted")
    assert await store.read(lambda tx: tx.messages.by_rfc_ids([])) == []
    assert await store.read(lambda tx: tx.messages.load(first + 1000)) is None


async def test_blob_is_kept_once(store: Store) -> None:
    hashes = await store.run(lambda tx: {tx.blobs.keep(b"same") for _ in range(2)})

    assert len(hashes) == 1
    assert await store.read(lambda tx: tx.blobs.content("unknown")) is None


async def test_document_is_filed_once_per_number_and_kind(store: Store) -> None:
    await store.run(an_incident)

    def file(tx: Transaction) -> Document:
        document = Document(
            number="D2026-00017",
            kind="pdf",
            incident_id=42,
            sha256=tx.blobs.keep(b"%PDF"),
            media_type="application/pdf",
            created_at=NOW,
        )
        tx.blobs.file(document)
        return document

    filed = await store.run(file)

    with pytest.raises(IntegrityError):
        await store.run(file)
    assert await store.read(lambda tx: tx.blobs.document("D2026-00017", "pdf")) == filed
    assert await store.read(lambda tx: tx.blobs.document("D2026-00017", "xml")) is None
    assert await store.read(lambda tx: tx.blobs.documents_of(42)) == [filed]


async def test_link_is_used_once(store: Store) -> None:
    opened = await store.run(an_incident)
    link = Link(
        id="l1",
        token_sha256="t1",
        purpose="accept_quote",
        customer_id=opened.customer,
        address="bob@clientsa.fr",
        created_at=NOW,
        expires_at=NOW + timedelta(days=15),
        incident_id=42,
        object="D2026-00017",
        version=3,
    )
    await store.run(lambda tx: tx.links.add(link))

    assert await store.read(lambda tx: tx.links.by_token_sha256("t1")) == link
    assert await store.read(lambda tx: tx.links.by_token_sha256("t2")) is None
    assert await store.run(lambda tx: [tx.links.use("l1", NOW), tx.links.use("l1", NOW + MINUTE)]) == [True, False]
    assert await store.read(lambda tx: tx.links.by_token_sha256("t1")) == replace(link, used_at=NOW)


async def test_setting_kept_last_is_the_one_read(store: Store) -> None:
    for value in ("one", "two"):
        await store.run(lambda tx, value=value: tx.keep_setting("secret", value))  # type: ignore[misc]

    assert await store.read(lambda tx: (tx.setting("secret"), tx.setting("other"))) == ("two", None)
