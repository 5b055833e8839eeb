"""The emulated vendors: plain functions over a world. They never import each other."""
