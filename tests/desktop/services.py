#!/usr/bin/python3
"""What a desktop offers a program: a notification daemon on the session's bus, and the inhibitor locks of the login manager on a bus
that stands in for the system's. Every call is told on standard output, one JSON line each; a lock is told again when it is let go."""

import json
import os

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NOTIFICATIONS = """
<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/>
    <arg type="u" direction="out"/>
  </method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
</interface></node>
"""

LOGIN = """
<node><interface name="org.freedesktop.login1.Manager">
  <method name="Inhibit">
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="h" direction="out"/>
  </method>
</interface></node>
"""


def tell(**event):
    print(json.dumps(event), flush=True)


def notify(_bus, _sender, _path, _interface, method, arguments, call):
    if method == "Notify":
        tell(event="notification", title=arguments[3], body=arguments[4])
        call.return_value(GLib.Variant("(u)", (1,)))
    elif method == "GetCapabilities":
        call.return_value(GLib.Variant("(as)", (["body", "body-markup"],)))
    elif method == "GetServerInformation":
        call.return_value(GLib.Variant("(ssss)", ("test", "test", "1", "1.2")))
    else:
        call.return_value(None)


def inhibit(_bus, _sender, _path, _interface, _method, arguments, call):
    what, who, why, mode = arguments.unpack()
    ours, theirs = os.pipe()
    tell(event="lock", what=what, who=who, why=why, mode=mode)
    watch(ours)
    fds = Gio.UnixFDList.new()
    fds.append(theirs)
    os.close(theirs)
    call.return_value_with_unix_fd_list(GLib.Variant("(h)", (0,)), fds)


def watch(end):
    """A lock lives as long as somebody holds its other end."""
    channel = GLib.IOChannel.unix_new(end)

    def gone(_channel, _condition):
        tell(event="unlock")
        os.close(end)
        return False

    GLib.io_add_watch(channel, GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP, gone)


def offer(address, name, path, xml, answer):
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    bus = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
    bus.register_object(path, Gio.DBusNodeInfo.new_for_xml(xml).interfaces[0], answer, None, None)
    Gio.bus_own_name_on_connection(bus, name, Gio.BusNameOwnerFlags.NONE, None, None)
    return bus


def main():
    buses = [
        offer(os.environ["DBUS_SESSION_BUS_ADDRESS"], "org.freedesktop.Notifications", "/org/freedesktop/Notifications", NOTIFICATIONS, notify),
        offer(os.environ["DBUS_SYSTEM_BUS_ADDRESS"], "org.freedesktop.login1", "/org/freedesktop/login1", LOGIN, inhibit),
    ]
    tell(event="ready", buses=len(buses))
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
