#!/usr/bin/python3
"""Holds what comes on standard input on the clipboard, as a program does in which it was copied, until it is ended."""

import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402


def main() -> None:
    Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).set_text(sys.stdin.read(), -1)
    Gtk.main()


main()
