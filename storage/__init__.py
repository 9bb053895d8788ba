"""The door to the database: one store, its transactions, and the plain values that go through them."""

from storage._anchors import Anchor, Anchors, Place
from storage._bank import Allocation, Bank, EntryRow
from storage._blobs import Blobs, Document
from storage._customers import Contact, Customers
from storage._erasure import ERASED, Eraser, Gone
from storage._failures import Outdated, Unavailable
from storage._incidents import IncidentRow, Incidents
from storage._journal import Conflict, Entry, Journal, Recorded, Row
from storage._links import Link, Links
from storage._messages import Attachment, Direction, Fate, KeptAttachment, Message, Messages, NewMessage, Via
from storage._money import InvoiceRow, Ledger, Owed, PaperKind, Status, TransmissionStatus, Transmitted
from storage._queue import Job, Listed, NewJob, Queue
from storage._redactions import Redacted
from storage._schema import backup, upgrade
from storage._shared import SharedChannel, SharedChannels
from storage._store import Store, Transaction

__all__ = [
    "ERASED",
    "Allocation",
    "Anchor",
    "Anchors",
    "Attachment",
    "Bank",
    "Blobs",
    "Conflict",
    "Contact",
    "Customers",
    "Direction",
    "Document",
    "Entry",
    "EntryRow",
    "Eraser",
    "Fate",
    "Gone",
    "IncidentRow",
    "Incidents",
    "InvoiceRow",
    "Job",
    "Journal",
    "KeptAttachment",
    "Ledger",
    "Link",
    "Links",
    "Listed",
    "Message",
    "Messages",
    "NewJob",
    "NewMessage",
    "Outdated",
    "Owed",
    "PaperKind",
    "Place",
    "Queue",
    "Recorded",
    "Redacted",
    "Row",
    "SharedChannel",
    "SharedChannels",
    "Status",
    "Store",
    "Transaction",
    "TransmissionStatus",
    "Transmitted",
    "Unavailable",
    "Via",
    "backup",
    "upgrade",
]
