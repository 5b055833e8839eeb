"""A local emulator of MOTAR: run a plugin's whole integration offline."""
