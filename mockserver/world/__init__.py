"""The core: what the emulated vendors know at one moment, without any I/O.

A `World` holds documents, a clock, minted ids, a journal and an outbox. Platforms are plain functions
over it. Nothing in here reads a clock, draws a random number, opens a socket or awaits.
"""
