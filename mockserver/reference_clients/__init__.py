"""Small programs that do one job at a vendor: the examples to read before writing your own.

Each knows the vendor's wire and nothing of the emulator that ships it, so the same code would talk to the real
platform. `os1.py` takes an app to LIVE and onboards apps and solutions to tenants, `akana.py` asks for the deletion of
an app version and approves it, `calling.py` is what both need to call somebody. Each runs on its own:
`python -m mockserver.reference_clients.os1 --help`.
"""
