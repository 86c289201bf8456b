"""A beffroi as a user starts it: a binary, a folder of its own, loopback ports.

The binary is built for the run, or is the one that BEFFROI_BINARY names.
"""

import contextlib
import http.server
import json
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def beffroi(*flags, command="serve"):
    """Runs a server, or with command="demo" the invented city; gives its HTTP
    and its MQTT port."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="beffroi-python-"))
    binary = os.environ.get("BEFFROI_BINARY")
    if not binary:
        binary = folder / "beffroi"
        subprocess.run(["go", "build", "-o", binary, "./cmd/beffroi"], cwd=ROOT, check=True)
    web, mqtt = free_port(), free_port()
    child = subprocess.Popen(
        [binary, command, "--data", folder / "city", "--addr", f"127.0.0.1:{web}", "--mqtt", f"127.0.0.1:{mqtt}", *flags],
        cwd=folder, stdout=subprocess.PIPE, text=True,
    )
    rest = None
    try:
        for line in child.stdout:
            if "listening on http" in line:
                break
        else:
            raise RuntimeError(f"beffroi ended with {child.wait()} before it listened")
        # What it says later is read and dropped: a full pipe would hold it up.
        rest = threading.Thread(target=child.stdout.read, daemon=True)
        rest.start()
        yield web, mqtt
    finally:
        child.terminate()
        child.wait()
        if rest:
            rest.join()
        child.stdout.close()
        shutil.rmtree(folder)


@contextlib.contextmanager
def endpoint():
    """Takes what is posted to it; gives its port and a queue of (headers, body)."""
    arrived = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put((self.headers, json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], arrived
    finally:
        server.shutdown()
        server.server_close()
