"""For the tests of verbs: a daemon with fixed answers, a terminal, a reader of the pages they write."""

import fcntl
import json
import os
import pty
import select
import socket
import struct
import termios
import threading
import time
from html.parser import HTMLParser


class Page(HTMLParser):
    """A page whose elements are closed in order and that refers to nothing outside."""

    def __init__(self, text):
        super().__init__()
        self.open, self.count, self.text = [], {}, ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1
        for name, value in attrs:
            inside = name == "href" and (value or "").startswith("#")
            outside = name in ("src", "href") and not inside
            assert not outside and "//" not in (value or ""), (tag, name, value)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.count[tag] = self.count.get(tag, 0) + 1

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.getpos())
        self.open.pop()

    def handle_data(self, data):
        self.text += data


class Daemon:
    """Answers one request of each verb on a socket of its own.

    {verb: data, or a list of whole lines, or a function that is given `send(lines)`}
    """

    def __init__(self, folder, answers):
        self.path = f"{folder}/control.sock"
        self.answers = answers
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        for _ in self.answers:
            connection, _ = self.listener.accept()
            with connection:
                request = json.loads(connection.makefile().readline())
                self.answer(connection, self.answers[request["verb"]])

    @staticmethod
    def answer(connection, data):
        def send(lines):
            connection.sendall("".join(json.dumps(line) + "\n" for line in lines).encode())
        if callable(data):
            data(send)
        else:
            send(data if isinstance(data, list) else [{"ok": True, "data": data}])

    def close(self):
        self.thread.join(timeout=60)
        self.listener.close()


class Terminal:
    """A program on a terminal of so many columns."""

    def __init__(self, columns, *argv, cwd="/", **env):
        self.shown = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(cwd)
                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
                os.execve(argv[0], list(map(str, argv)),
                          {"TERM": "xterm", "PATH": "/usr/bin", **env})
            finally:
                os._exit(127)

    def _more(self, seconds):
        """False: the program has closed the terminal."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self.terminal, 4096)
        except OSError:
            return False
        self.shown += part
        return bool(part)

    def text(self):
        return self.shown.decode(errors="replace").replace("\r\n", "\n")

    def wait_for(self, text, seconds=30):
        until = time.monotonic() + seconds
        while text not in self.text():
            left = until - time.monotonic()
            assert left > 0 and self._more(left), f"{text!r} was not shown: {self.text()!r}"

    def rest(self):
        """Everything that was shown, once the program has ended."""
        while self._more(60):
            pass
        os.close(self.terminal)
        os.waitpid(self.pid, 0)
        return self.text()

    def left(self):
        """What stays there: without the lines that a longer work wrote over."""
        return "\n".join(line.rsplit("\r\x1b[K", 1)[-1] for line in self.rest().split("\n"))
