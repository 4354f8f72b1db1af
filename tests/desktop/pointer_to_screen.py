#!/usr/bin/python3
"""Moves the pointer along a line of the screen and measures how long each move takes to change pixels there.

    pointer_to_screen.py FROM_X FROM_Y TO_X TO_Y MOVES

The move is one of the display's own (XTEST), the change is what the display says was drawn (DAMAGE): all that lies between the two is
in the time. Prints [[first, last], ...] as JSON, milliseconds from a move to the first and to the last change that followed it.
"""

import json
import select
import sys
import time

from Xlib import X, display
from Xlib.ext import damage, xtest

# A cursor line, a row or a figure is larger; the pointer's own picture is not drawn by the window.
LEAST_HEIGHT = 8
# Later changes are those of something else.
LISTEN = 0.12


def changes(screen: display.Display, until: float):
    """When something was drawn, until a moment."""
    while (left := until - time.perf_counter()) > 0:
        if not screen.pending_events() and not select.select([screen.fileno()], [], [], left)[0]:
            continue
        while screen.pending_events():
            event = screen.next_event()
            if event.type == screen.extension_event.DamageNotify and event.area.height >= LEAST_HEIGHT:
                yield time.perf_counter()


def main() -> None:
    from_x, from_y, to_x, to_y, moves = map(int, sys.argv[1:])
    screen = display.Display()
    screen.damage_query_version()
    screen.screen().root.damage_create(damage.DamageReportRawRectangles)
    times = []
    for move in range(-1, moves):
        # Moves fall anywhere into a frame: no period of theirs goes with that of the display.
        list(changes(screen, time.perf_counter() + 0.001 * (move * 7 % 17)))
        began = time.perf_counter()
        xtest.fake_input(
            screen,
            X.MotionNotify,
            x=from_x + (to_x - from_x) * move // moves,
            y=from_y + (to_y - from_y) * move // moves,
        )
        screen.flush()
        drawn = [1000 * (at - began) for at in changes(screen, began + LISTEN)]
        # The first move comes from elsewhere onto the chart; where nothing changed there was nothing to change.
        if move >= 0 and drawn:
            times.append([drawn[0], drawn[-1]])
    print(json.dumps(times))


main()
