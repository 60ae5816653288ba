"""Delivery: users of an engagement to the places where they are reached.

Every adapter takes a batch of recipients and gives receipts in which each of them is named once;
`deliver.deliver` asks a ledger before each batch, so that nobody is delivered to twice in one send.
"""
