"""Sending: the full allowed rate, in the right order, to many locations."""

from importer.sending.journal_batches import JournalWriter
from importer.sending.policy import RetryPolicy, SendingPolicy
from importer.sending.sender import Sender

__all__ = ["JournalWriter", "RetryPolicy", "Sender", "SendingPolicy"]
