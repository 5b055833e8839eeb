"""Akana Community Manager, emulated: apps, APIs, contracts, and the workflow that governs an app version."""
