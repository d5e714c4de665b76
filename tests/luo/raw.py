# SPDX-License-Identifier: GPL-2.0-only
"""Clients of khoctl hold that no library would be: raw.py TEST SOCKET [WORD]"""
import errno, fcntl, json, os, select, signal, socket, struct, sys, time

PATH = sys.argv[2]


class Hold:
    """A connection"""
    def __init__(self):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(PATH)
        self.s.settimeout(20)

    def send(self, line, fds=()):
        if isinstance(line, dict):
            line = json.dumps(line).encode() + b"\n"
        socket.send_fds(self.s, [line], fds) if fds else self.s.sendall(line)

    def receive(self):
        text, self.fds = b"", []
        while not text.endswith(b"\n"):
            part, fds, _, _ = socket.recv_fds(self.s, 65536, 4)
            self.fds += fds
            if not part:
                return None
            text += part
        return json.loads(text)

    def ask(self, line, fds=()):
        self.send(line, fds)
        return self.receive()

    def refused(self, error, text, line, fds=()):
        reply = self.ask(line, fds)
        assert reply["event"] == "ERROR" and reply["errno"] == error, (line, reply)
        assert text in reply["message"], (text, reply)
        assert not self.fds

    def names(self):
        reply = self.ask({"cmd": "LIST"})
        assert reply["event"] == "SESSIONS"
        return [s["id"] for s in reply["sessions"]]

    def subscribe(self, name):
        reply = self.ask({"cmd": "SUBSCRIBE", "id": name})
        assert reply == {"event": "START_PRESERVATION", "id": name}, reply
        assert len(self.fds) == 1
        return self.fds[0]

    def ready(self, name):
        assert self.ask({"cmd": "READY"}) == {"event": "READY", "id": name}


def link(fd):
    return os.readlink(f"/proc/self/fd/{fd}")


def the_protocol_is_that_of_luod():
    h = Hold()
    session = h.subscribe("vm-1")
    assert link(session).endswith("/out/vm-1")
    h.refused(errno.EBUSY, "'vm-1' is not READY", {"cmd": "SUBSCRIBE", "id": "vm-2"})
    h.refused(errno.EEXIST, "held already", {"cmd": "SUBSCRIBE", "id": "vm-1"})
    h.ready("vm-1")
    h.refused(errno.EINVAL, "READY without SUBSCRIBE", {"cmd": "READY"})
    other = Hold()
    assert other.ask({"cmd": "CLAIM", "id": "vm-1"}) == {"event": "CLAIMED", "id": "vm-1"}
    assert link(other.fds[0]) == link(session)
    assert other.ask({"cmd": "FINISH", "id": "vm-1"}) == {"event": "FINISHED", "id": "vm-1"}
    h.refused(errno.ENOENT, "none of that name", {"cmd": "CLAIM", "id": "vm-1"})
    h.refused(errno.ENOENT, "none of that name", {"cmd": "FINISH", "id": "vm-1"})


def a_program_that_dies_leaves_nothing():
    h = Hold()
    os.close(h.subscribe("vm-1"))
    h.s.close()
    h = Hold()
    for _ in range(100):
        if not h.names():
            break
        time.sleep(0.05)
    os.close(h.subscribe("vm-1"))
    h.ready("vm-1")
    h.s.close()
    assert Hold().names() == ["vm-1"]


def malformed_lines_are_answered():
    h = Hold()
    for line in (b"\n", b"{\n", b"}\n", b"null\n", b"[]\n", b'"LIST"\n', b'{"cmd": "LIST"} {}\n',
                 b'{"cmd": "LIST"}x\n', b"{'cmd': 'LIST'}\n", b'{"cmd": "LIST", \xff: 1}\n',
                 b'{"cmd": "LI\xffST"}\n', b'{"cmd":"LIST"}\0\n', b'\0\n', b'{"a":' * 300 + b"\n",
                 b"[" * 4000 + b"\n", b'{"cmd": "LIST"\n'):
        h.refused(errno.EINVAL, "not one JSON object", line)
    for line in (b"{}\n", b'{"cmd": 1}\n', b'{"cmd": null}\n', b'{"cmd": {"a": {}}}\n'):
        h.refused(errno.EINVAL, 'no "cmd"', line)
    h.refused(errno.ENOSYS, "is not SUBSCRIBE", {"cmd": "list"})
    for name in (1, None, [], {}):
        h.refused(errno.EINVAL, '"id" is not a string' if name is not None else 'needs "id"',
                  {"cmd": "CLAIM", "id": name})
    h.refused(errno.EINVAL, 'needs "id"', {"cmd": "SUBSCRIBE"})
    for name in ("", "x" * 64):
        h.refused(errno.EINVAL, "1 to 63 bytes", {"cmd": "SUBSCRIBE", "id": name})
    for name in ("a\0b", "a\nb", "\x1b[2J", "\u00e9"):
        h.refused(errno.EINVAL, "printable ASCII", {"cmd": "SUBSCRIBE", "id": name})
    h.refused(errno.EINVAL, "hold's own", {"cmd": "CLAIM", "id": "khoctl-hold"})
    os.close(h.subscribe("x" * 63))
    assert h.ask(b'{"cmd": "READY"} \r\n')["event"] == "READY"
    h.send(b'{"cmd": "LIST"}\n' * 3)
    lines = h.s.makefile()
    assert [json.loads(lines.readline())["event"] for _ in range(3)] == ["SESSIONS"] * 3
    h = Hold()
    h.refused(errno.EMSGSIZE, "longer than 4095", b"x" * 4096)
    assert h.receive() is None
    h = Hold()
    h.send(b'{"cmd": "CLAIM"}' + b" " * (4095 - 16) + b"\n")
    assert h.receive()["errno"] == errno.EINVAL
    Hold().send(b'{"cmd": "LI')
    assert Hold().names() == ["x" * 63]


def descriptors_are_looked_at():
    h = Hold()
    null, pipe = os.open("/dev/null", os.O_RDONLY), os.pipe()
    leave = {"cmd": "LEAVE"}
    h.refused(errno.EBADF, "needs the descriptor", leave)
    h.refused(errno.EBADF, "of no session", leave, [null])
    h.refused(errno.EBADF, "of no session", leave, [pipe[0]])
    # a descriptor is for one line
    assert h.ask({"cmd": "LIST"}, [null])["event"] == "SESSIONS"
    h.refused(errno.EBADF, "needs the descriptor", leave)
    for fds in ([null, null], [null] * 200):
        h = Hold()
        h.refused(errno.EINVAL, "more than one descriptor", leave, fds)
        assert h.receive() is None
    # the writer of a pipe sees that hold has closed its end
    read, write = os.pipe()
    Hold().ask({"cmd": "LIST"}, [write])
    os.close(write)
    assert select.select([read], [], [], 20)[0] and os.read(read, 1) == b""
    h = Hold()
    session = h.subscribe("vm-1")
    h.refused(errno.EEXIST, "held already", leave, [session])
    h.ready("vm-1")
    h.ask({"cmd": "FINISH", "id": "vm-1"})
    h.refused(errno.EINVAL, "is of session 'vm-1'", {"cmd": "LEAVE", "id": "vm-2"}, [session])
    assert h.ask({"cmd": "LEAVE", "id": "vm-1"}, [session]) == {"event": "LEFT", "id": "vm-1"}
    assert h.names() == ["vm-1"]


def a_descriptor_is_for_its_own_line():
    h = Hold()
    session = h.subscribe("vm-1")
    h.ready("vm-1")
    h.ask({"cmd": "FINISH", "id": "vm-1"})
    pid, _, _ = struct.unpack("iii", h.s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    # hold reads both at once
    os.kill(pid, signal.SIGSTOP)
    h.send({"cmd": "LIST"})
    h.send({"cmd": "LEAVE"}, [session])
    os.kill(pid, signal.SIGCONT)
    lines = h.s.makefile()
    assert [json.loads(lines.readline())["event"] for _ in range(2)] == ["SESSIONS", "LEFT"]


def slow_clients_are_not_waited_for():
    slow, deaf, h = Hold(), Hold(), Hold()
    slow.send(b'{"cmd": "LI')
    deaf.s.setblocking(False)
    while True:
        try:
            deaf.s.send(b'{"cmd": "LIST"}\n' * 100)
        except BlockingIOError:
            h.names()
        except (BrokenPipeError, ConnectionResetError):
            break
    begin = time.monotonic()
    for _ in range(200):
        h.names()
    assert time.monotonic() - begin < 20
    slow.send(b'ST"}\n')
    assert slow.receive()["event"] == "SESSIONS"


def be(uid):
    """All clients that connect from now on"""
    with open(os.environ["FAKE_LUO"] + "/peer", "w") as f:
        f.write(str(uid))


def each_user_has_half_of_the_connections():
    be(1000)
    held = [Hold() for _ in range(128)]
    assert [h.names() for h in held] == [[]] * 128
    assert Hold().receive()["message"] == "too many connections of this user"
    be(0)
    held += [Hold() for _ in range(128)]
    assert held[-1].names() == []
    assert Hold().receive()["message"] == "too many connections, try again"
    held.pop().s.close()
    for _ in range(100):
        h = Hold()
        try:
            reply = h.ask({"cmd": "LIST"})
        except (BrokenPipeError, ConnectionResetError):
            continue
        if reply["event"] == "SESSIONS":
            return
        time.sleep(0.05)
    assert False


def descriptors_that_cannot_be_closed_are_bounded():
    be(1000)
    stuck = os.open(os.environ["FAKE_LUO"] + "/stuck", os.O_RDWR | os.O_CREAT)
    refused = 0
    for _ in range(40):
        h = Hold()
        pid, _, _ = struct.unpack("iii", h.s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        reply = h.ask({"cmd": "LIST"}, [stuck])
        refused += reply["event"] == "ERROR" and "cannot be closed" in reply["message"]
    assert len(os.listdir(f"/proc/{pid}/task")) <= 20
    assert refused == 40 - 16, refused
    be(1001)
    assert Hold().names() == []


def a_busy_device_is_reported():
    be(0)
    h = Hold()
    device = os.open(os.environ["FAKE_LUO"] + "/device", os.O_RDWR)
    fcntl.flock(device, fcntl.LOCK_EX)
    h.refused(errno.EBUSY, "has /dev/liveupdate open", {"cmd": "SUBSCRIBE", "id": "vm-1"})
    # root asks for any name: this one may be in the kernel
    h.refused(errno.EBUSY, "has /dev/liveupdate open", {"cmd": "CLAIM", "id": "vm-2"})
    os.close(device)
    h.refused(errno.ENOENT, "none of that name", {"cmd": "CLAIM", "id": "vm-2"})
    h.subscribe("vm-1")
    # and hold has let go of it
    device = os.open(os.environ["FAKE_LUO"] + "/device", os.O_RDWR)
    fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)


def finish():
    """Finished for the kernel too, though a descriptor is open"""
    h = Hold()
    files = os.environ["FAKE_LUO"] + "/in/vm-1.d"
    assert h.ask({"cmd": "CLAIM", "id": "vm-1"})["event"] == "CLAIMED"
    session = h.fds[0]
    assert os.path.exists(files)
    assert h.ask({"cmd": "FINISH", "id": "vm-1"})["event"] == "FINISHED"
    assert not os.path.exists(files) and link(session).endswith("/in/vm-1")


def fill():
    """Sessions until there is no room; their number"""
    nr = 0
    while True:
        h = Hold()
        reply = h.ask({"cmd": "SUBSCRIBE", "id": f"{sys.argv[3]}-{nr}"})
        if reply["event"] == "ERROR":
            print(nr, os.strerror(reply["errno"]), reply["message"])
            return
        h.ask({"cmd": "READY"})
        nr += 1


globals()[sys.argv[1]]()
