"""Marks within content that people don't perceive; each kind is a module of its own."""
