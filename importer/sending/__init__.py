"""Sending: the full allowed rate, in the right order, to many locations."""

from importer.sending.ledger import JournalWriter
from importer.sending.policy import RetryPolicy, SendingPolicy
from importer.sending.sender import Sender

__all__ = ["JournalWriter", "RetryPolicy", "Sender", "SendingPolicy"]
