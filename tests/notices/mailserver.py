"""A mail server of forty lines: keeps what it accepted, and can pause or refuse at a step."""

import socketserver
import threading
from email import message_from_bytes, policy


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 test")
        for line in self.rfile:
            word = line.decode().strip().upper()[:4]
            if word == "DATA":
                self.data()
            elif word == "QUIT":
                self.say("221 bye")
                return
            elif word in ("EHLO", "HELO"):
                self.say("250 test")
            else:
                self.say(self.server.mails.replies.pop(word, "250 ok"))

    def data(self):
        self.say("354 go on")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        else:
            return  # cut off before the end: there is no message (RFC 5321)
        reply = self.server.mails.replies.pop("END", "250 ok")
        if reply.startswith("250"):
            self.server.mails.accept(b"".join(lines))
        self.say(reply)

    def say(self, line):
        pause = self.server.mails.pauses.pop(line, None)
        if pause:
            pause.reached.set()
            pause.go.wait(20)
        try:
            self.wfile.write(line.encode() + b"\r\n")
        except OSError:
            pass


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


class Pause:
    def __init__(self):
        self.reached, self.go = threading.Event(), threading.Event()


class MailServer:
    """`.messages` accepted; `.replies` {"RCPT": "550 no", "END": "451 later"}, once each; `.pause`."""

    def __init__(self):
        self.server = _Server(("127.0.0.1", 0), _Talk)
        self.server.mails = self
        self.port = self.server.server_address[1]
        self.messages, self.replies, self.pauses = [], {}, {}

    def accept(self, content):
        self.messages.append(message_from_bytes(content, policy=policy.default))

    def pause(self, line):
        """Wait before the next answer `line`; returns the pause: `.reached`, `.go`."""
        self.pauses[line] = Pause()
        return self.pauses[line]

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
