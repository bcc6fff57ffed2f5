"""`socket.socket`, simulated: what a program gets on a thread of a run.

It is a subclass of the real class, whose methods that are written in C it replaces; no real socket
is ever made. One that blocks lets its thread wait in virtual time.
"""

from __future__ import annotations

import errno
import socket
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from vtloop.net import addresses, datagrams, streams
from vtloop.net.datagrams import Datagrams
from vtloop.net.descriptors import File
from vtloop.net.endpoints import ERROR, READ, WRITE, Endpoint, failure
from vtloop.net.kernel import Kernel
from vtloop.net.options import get_option, set_option
from vtloop.patching.replaced import keeps
from vtloop.private.sockets import RealSocket
from vtloop.values.clock import NEVER, to_nanoseconds

_Result = TypeVar("_Result")

_NONBLOCK = getattr(socket, "SOCK_NONBLOCK", 0)
_FLAGS = _NONBLOCK | getattr(socket, "SOCK_CLOEXEC", 0)
_PEEK = int(socket.MSG_PEEK)  # whose `&`, as of an enum, takes longer than all of a `recv`
_DONT_WAIT = getattr(socket, "MSG_DONTWAIT", 0)
_WAIT_ALL = getattr(socket, "MSG_WAITALL", 0)
_LONGEST = 9223372036.0  # seconds


class SimulatedSocket(socket.socket):
    """A socket of a simulated network."""

    _kernel: Kernel
    _hash_value: int

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None
    ) -> None:
        self._io_refs = 0
        self._closed = False
        self._fd = -1
        kernel = self._kernel
        if fileno is not None:
            self._file = kernel.descriptors.find(fileno)
            self._fd = fileno
        else:
            family = socket.AF_INET if family == -1 else family
            type = socket.SOCK_STREAM if type == -1 else type
            endpoint = kernel.make(int(family), int(type) & ~_FLAGS, max(proto, 0))
            self._file = kernel.file(endpoint)
            self._fd = kernel.descriptors.open(self._file)
        self._timeout: float | None = socket.getdefaulttimeout()
        if fileno is None and type & _NONBLOCK:
            self._timeout = 0.0
        if self._timeout is not None:
            self._file.is_blocking = False

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) != -1 and self._is_open():
            if self._kernel.dropped is not None:
                self._kernel.dropped(self._file)
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=1)
            finally:
                self._let_go()

    # What it is

    def __hash__(self) -> int:
        return self._hash_value  # sets of sockets have an order that is the same in every process

    @property
    def _endpoint(self) -> Endpoint:
        if self._fd == -1:
            raise failure(errno.EBADF)
        return self._file.endpoint

    @property
    def family(self) -> Any:
        return _enum(socket.AddressFamily, self._file.endpoint.family)

    @property
    def type(self) -> Any:
        return _enum(socket.SocketKind, self._file.endpoint.type)

    @property
    def proto(self) -> int:
        return self._file.endpoint.proto

    @property
    def timeout(self) -> float | None:
        return self._timeout

    def fileno(self) -> int:
        return self._fd

    def getsockname(self) -> Any:
        return self._endpoint.local_name()

    def getpeername(self) -> Any:
        return self._endpoint.peer_name()

    # Options

    def gettimeout(self) -> float | None:
        return self._timeout

    def settimeout(self, value: float | None) -> None:
        if value is not None:
            value = float(value)
            if value < 0:
                raise ValueError("Timeout value out of range")
            to_nanoseconds(value)  # ValueError for nan
            if value > _LONGEST:
                raise OverflowError("timestamp too large to convert to C PyTime_t")
        _ = self._endpoint  # OSError if it is closed
        self._timeout = value
        self._file.is_blocking = value is None

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0.0)

    def get_inheritable(self) -> bool:
        return self._endpoint.is_inheritable

    def set_inheritable(self, inheritable: bool) -> None:
        self._endpoint.is_inheritable = bool(inheritable)

    def getblocking(self) -> bool:
        return self._timeout != 0

    def setsockopt(self, level: int, optname: int, value: Any, optlen: int | None = None) -> None:
        set_option(self._endpoint, level, optname, value, optlen)

    def getsockopt(self, level: int, optname: int, buflen: int = 0) -> Any:
        return get_option(self._endpoint, level, optname, buflen)

    # Making connections

    def bind(self, address: Any) -> None:
        endpoint = self._endpoint
        endpoint.bind(addresses.checked(endpoint.family, address, "bind"))

    def listen(self, backlog: int = min(socket.SOMAXCONN, 128)) -> None:
        endpoint = self._endpoint
        self._file.endpoint = endpoint.listen(backlog)

    def accept(self) -> tuple[socket.socket, Any]:
        endpoint = self._perform(READ, lambda: self._endpoint.accept())
        accepted = adopt(self._kernel, File(endpoint, self._file.opened, self._file))
        if socket.getdefaulttimeout() is None and self._timeout is not None:
            accepted.setblocking(True)
        return accepted, endpoint.remote_name()

    def connect(self, address: Any) -> None:
        endpoint = self._endpoint
        if addresses.is_unspecified(address):
            endpoint.connect(None)
            return
        target = addresses.checked(endpoint.family, address, "connect")
        try:
            endpoint.connect(target)
        except BlockingIOError:
            if not self._waits:
                raise
            end = self._end_of_wait()
            while not endpoint.readiness() & (WRITE | ERROR):
                self._wait(WRITE, end)
            endpoint.raise_error()

    def connect_ex(self, address: Any) -> int:
        try:
            SimulatedSocket.connect(self, address)  # a subclass may have one of its own
        except TimeoutError:
            return errno.EAGAIN
        except socket.gaierror:
            raise
        except OSError as error:
            if error.errno is None:
                raise
            return error.errno
        return 0

    # Sending

    def send(self, data: Any, flags: int = 0) -> int:
        if self._timeout == 0:
            return self._endpoint.send(data if type(data) is bytes else memoryview(data).cast("B"))
        view = memoryview(data).cast("B")
        if self._timeout is None and self._waits and not flags & _DONT_WAIT:
            SimulatedSocket.sendall(self, view, flags)  # a blocking call of Linux sends all
            return len(view)
        return self._perform(WRITE, partial(self._endpoint.send, view), flags)

    def sendall(self, data: Any, flags: int = 0) -> None:
        view = memoryview(data).cast("B")
        end = self._end_of_wait()
        while True:
            sent = self._perform(WRITE, partial(self._endpoint.send, view), flags, end)
            view = view[sent:]
            if not view:
                return

    def sendto(self, data: Any, *arguments: Any) -> int:
        if len(arguments) not in (1, 2):
            raise TypeError(f"sendto() takes 2 or 3 arguments ({len(arguments) + 1} given)")
        flags, address = arguments if len(arguments) == 2 else (0, *arguments)
        view = memoryview(data).cast("B")
        endpoint = self._endpoint
        if not isinstance(endpoint, Datagrams):
            return self.send(view, flags)
        target = addresses.checked(endpoint.family, address, "sendto")
        return self._perform(WRITE, lambda: endpoint.send_to(view, target), flags)

    def sendmsg(
        self,
        buffers: Iterable[Any],
        ancdata: Iterable[Any] = (),
        flags: int = 0,
        address: Any = None,
    ) -> int:
        if tuple(ancdata):
            raise OSError(
                errno.EOPNOTSUPP,
                "Ancillary data was sent over a simulated socket, which passes bytes only",
            )
        parts = [memoryview(buffer).cast("B") for buffer in buffers]
        data = parts[0] if len(parts) == 1 else memoryview(b"".join(parts))
        return self.send(data, flags) if address is None else self.sendto(data, flags, address)

    def shutdown(self, how: int) -> None:
        if how not in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
            raise failure(errno.EINVAL)
        self._endpoint.shutdown(how)

    # Receiving

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        return self._receive(bufsize, flags)[0]

    def recvfrom(self, bufsize: int, flags: int = 0) -> tuple[bytes, Any]:
        data, source = self._receive(bufsize, flags)
        return data, source

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        return self.recvfrom_into(buffer, nbytes, flags)[0]

    def recvfrom_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> tuple[int, Any]:
        if nbytes < 0:
            raise ValueError("negative buffersize in recv_into")
        view = memoryview(buffer).cast("B")
        if nbytes > len(view):
            raise ValueError("buffer too small for requested bytes")
        data, source = self._receive(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data), source

    def recvmsg(
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0
    ) -> tuple[bytes, list[Any], int, Any]:
        data, source = self._receive(bufsize, flags)
        return data, [], 0, source

    def recvmsg_into(
        self, buffers: Iterable[Any], ancbufsize: int = 0, flags: int = 0
    ) -> tuple[int, list[Any], int, Any]:
        views = [memoryview(buffer).cast("B") for buffer in buffers]
        data, source = self._receive(sum(map(len, views)), flags)
        left = data
        for view in views:
            part, left = left[: len(view)], left[len(view) :]
            view[: len(part)] = part
        return len(data), [], 0, source

    def _receive(self, size: int, flags: int) -> tuple[bytes, Any]:
        if size < 0:
            raise ValueError("negative buffersize in recv")
        if self._timeout == 0 and not flags:
            return self._endpoint.receive(size)
        peek = bool(flags & _PEEK)
        end = self._end_of_wait()
        data, source = self._perform(READ, lambda: self._endpoint.receive(size, peek), flags, end)
        if flags & _WAIT_ALL and self.type == socket.SOCK_STREAM and not peek:
            while 0 < len(data) < size:
                left = size - len(data)
                more, _ = self._perform(READ, partial(self._endpoint.receive, left), flags, end)
                if not more:
                    break
                data += more
        return data, source

    # Waiting

    @property
    def _waits(self) -> bool:
        """Whether calls wait; what `os.set_blocking` has said counts where there is no timeout."""
        return bool(self._timeout) or self._file.is_blocking

    def _end_of_wait(self) -> int:
        """Return until when a call waits that begins now, in nanoseconds."""
        return self._kernel.clock.after(self._timeout) if self._timeout else NEVER

    def _perform(
        self, flags: int, call: Callable[[], _Result], options: int = 0, end: int | None = None
    ) -> _Result:
        """Do something, as soon as that can be done."""
        if not self._waits or options & _DONT_WAIT:
            return call()
        if end is None:
            end = self._end_of_wait()
        while True:
            try:
                return call()
            except BlockingIOError:
                self._wait(flags, end)

    def _wait(self, flags: int, end: int) -> None:
        if not self._kernel.wait(self._endpoint, flags, end):
            raise TimeoutError("timed out")

    # The end

    def _real_close(self, _ss: Any = None) -> None:
        self._let_go()

    def _is_open(self) -> bool:  # and its descriptor was not closed by somebody else
        return self._kernel.descriptors.is_open(self._fd, self._file)

    def _let_go(self) -> None:
        if self._is_open():
            self._kernel.descriptors.close(self._fd)
        self._fd = -1

    def detach(self) -> int:
        self._closed = True
        number, self._fd = self._fd, -1
        return number

    def dup(self) -> SimulatedSocket:
        number = self._kernel.descriptors.duplicate(self._fd)
        copy: SimulatedSocket = simulated(self._kernel, self.__class__)
        copy.__init__(fileno=number)  # type: ignore[misc]
        copy.settimeout(self._timeout)
        return copy


SimulatedSocket.__module__, SimulatedSocket.__qualname__ = "socket", "socket"


def _enum(kind: Any, value: int) -> Any:
    try:
        return kind(value)
    except ValueError:
        return value


_kinds: dict[type, type] = {}
keeps(__name__, "classes of simulated sockets, by the program's classes", "_kinds")


def simulated(kernel: Kernel, kind: Any) -> Any:
    """Return a new object that is simulated, and of a class of the program's; not initialised."""
    if kind is socket.socket:
        kind = SimulatedSocket
    elif not issubclass(kind, SimulatedSocket):
        if kind not in _kinds:
            names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
            _kinds[kind] = type(kind.__name__, (kind, SimulatedSocket), names)
        kind = _kinds[kind]
    made = RealSocket.__new__(kind)
    made._kernel, made._hash_value = kernel, kernel.clock.next_number()
    return made


def adopt(kernel: Kernel, file: File) -> SimulatedSocket:
    """Return a socket for a file that has none yet."""
    made: SimulatedSocket = simulated(kernel, socket.socket)
    made.__init__(fileno=kernel.descriptors.open(file))  # type: ignore[misc]
    return made


def socketpair(
    kernel: Kernel, family: int | None = None, type: int = socket.SOCK_STREAM, proto: int = 0
) -> tuple[SimulatedSocket, SimulatedSocket]:
    """Stand in for `socket.socketpair`."""
    family = getattr(socket, "AF_UNIX", socket.AF_INET) if family is None else family
    kind = int(type) & ~_FLAGS
    pair: Any = datagrams.pair if kind == socket.SOCK_DGRAM else streams.pair
    ends = pair(kernel, int(family), kind, proto)
    one, other = (adopt(kernel, kernel.file(end)) for end in ends)
    if type & _NONBLOCK:
        one.setblocking(False)
        other.setblocking(False)
    return one, other
