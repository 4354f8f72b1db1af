#!/usr/bin/python3
"""A small window that offers files for a real drag, as a file manager does: one big label, dragged as text/uri-list."""

import pathlib
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402


def main() -> None:
    uris = [argument if "://" in argument else pathlib.Path(argument).absolute().as_uri() for argument in sys.argv[1:]]
    window = Gtk.Window(title="drag source")
    window.set_default_size(160, 120)
    window.set_keep_above(True)
    box = Gtk.EventBox()
    box.add(Gtk.Label(label="drag me"))
    window.add(box)
    box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
    box.drag_source_add_uri_targets()
    box.connect("drag-data-get", lambda _widget, _context, data, _info, _time: data.set_uris(uris))
    box.connect("drag-end", lambda _widget, _context: print("drag ended", flush=True))
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    window.move(0, 0)
    print("ready", flush=True)
    Gtk.main()


main()
