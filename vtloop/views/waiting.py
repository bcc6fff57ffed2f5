"""What is said of a wait in a sentence and in a bar, and the shortest that is: of asyncio's names.

Each kind in `waits.WAITS` has a line, but for a sleep, of which more is known.
"""

from __future__ import annotations

TOLD = {
    "turn": ("its next turn", "its next turn", ""),
    "lock": ("{primitive}", "{primitive}", ""),
    "semaphore": ("{primitive}", "{primitive}", ""),
    "event": ("{primitive} to be set", "{primitive} to be set", ""),
    "notification": ("a notification of {primitive}", "notification of {primitive}", ""),
    "relock": ("{primitive}, after a notification", "{primitive}, after a notification", ""),
    "barrier": ("the other parties of {primitive}", "other parties of {primitive}", ""),
    "get": ("an item of {primitive}", "item of {primitive}", "get"),
    "put": ("room in {primitive}", "room in {primitive}", "put"),
    "join": ("all items of {primitive} to be done", "all items of {primitive}", "join"),
    "task": ("{tasks}", "{tasks}", ""),
    "gather": ("gather() of {tasks}", "gather() of {tasks}", "gather()"),
    "wait": ("wait() of {tasks}", "wait() of {tasks}", "wait()"),
    "wait_for": ("wait_for() of {tasks}", "wait_for() of {tasks}", "wait_for()"),
    "as_completed": ("as_completed()", "as_completed()", ""),
    "group": ("its TaskGroup: {tasks}", "TaskGroup: {tasks}", "TaskGroup"),
    "shield": ("{tasks}, shielded", "{tasks}, shielded", "shield()"),
    "thread": ("a thread", "thread", ""),
    "connection": ("a connection to {address}", "connection to {address}", ""),
    "handshake": ("a TLS handshake with {address}", "TLS with {address}", ""),
    "client": ("a client at {address}", "client at {address}", ""),
    "data": ("data from {address}", "data from {address}", "read"),
    "datagram": ("a datagram at {address}", "datagram at {address}", ""),
    "room": ("room to send to {address}", "room to send to {address}", "drain"),
    "close": ("the connection to {address} to close", "close of {address}", ""),
    "leave": ("the clients at {address} to leave", "clients at {address}", ""),
    "future": ("a Future", "Future", ""),
    "other": ("{type}", "{type}", ""),
}
