"""Cards: a provider's hosted page, and what it reports of the payments made there."""
