"""The door to the database: one store, its transactions, and the plain values that go through them."""

from storage._bank import Allocation, Bank, EntryRow
from storage._blobs import Blobs, Document
from storage._customers import Contact, Customers
from storage._erasure import Eraser, Gone
from storage._failures import Unavailable
from storage._incidents import IncidentRow, Incidents
from storage._journal import Conflict, Entry, Journal, Recorded
from storage._links import Link, Links
from storage._messages import Attachment, Direction, Fate, KeptAttachment, Message, Messages, NewMessage, Via
from storage._money import InvoiceRow, Ledger, Owed, PaperKind, Status, TransmissionStatus, Transmitted
from storage._queue import Job, Listed, NewJob, Queue
from storage._redactions import Redacted
from storage._schema import Outdated, backup, upgrade
from storage._store import Store, Transaction

__all__ = [
    "Allocation",
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
    "Queue",
    "Recorded",
    "Redacted",
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
