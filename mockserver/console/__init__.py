"""Web pages about the emulator itself, and about what Studio would show."""
