"""Statistics: who used what, when, from the hours that the ledger adds up."""
