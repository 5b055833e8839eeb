"""How fast the emulator is, always beside a bare Starlette app on the same machine in the same run."""
