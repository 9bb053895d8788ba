"""What accountants take out of the ledger: tables, the journal of the tax code, e-invoices, the month's figures."""
