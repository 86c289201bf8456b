"""The demo city as a portal meets it: a binary, loopback, a folder of its own.

The binary is built for the run, or is the one that BEFFROI_BINARY names.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What a steward adds: a French licence, the gravest characters, a page of its own.
TEXTS = {lang: f"Budget <primitif> & « annexes » ({lang})" for lang in ("fr", "nl", "en")}
BUDGET = {
    "title": TEXTS, "description": TEXTS, "license": "LO_2_0",
    "publisher": {"name": "Ville de Clairebeke", "url": "https://clairebeke.example/"},
    "contact": {"name": "Bureau des données", "email": "data@clairebeke.example"},
    "themes": ["GOVE", "ECON"], "frequency": "ANNUAL", "keywords": {"fr": ["budget"], "nl": ["begroting"]},
    "selection": {"types": ["https://types.example/BudgetLine"]},
}


def get(address):
    """The JSON at an address."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


def send(method, address, value=None):
    """Sends JSON; an answer that is not good raises."""
    body = None if value is None else json.dumps(value).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
    urllib.request.urlopen(request, timeout=60).close()


@contextlib.contextmanager
def demo():
    """Runs the demo city with one dataset more; gives its address."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="beffroi-portals-"))
    binary = os.environ.get("BEFFROI_BINARY")
    if not binary:
        binary = folder / "beffroi"
        subprocess.run(["go", "build", "-o", binary, "./cmd/beffroi"], cwd=ROOT, check=True)
    log = folder / "log"
    with open(log, "w") as out:
        child = subprocess.Popen([binary, "demo", "--data", folder / "city", "--addr", "127.0.0.1:0", "--mqtt", "off"], cwd=folder, stdout=out, stderr=out)
    try:
        yield ready(child, log)
    finally:
        child.terminate()
        child.wait()
        shutil.rmtree(folder)


def ready(child, log):
    """Waits until the city is whole, then publishes what is added."""
    base = None
    for _ in range(600):
        if child.poll() is not None:
            raise RuntimeError(f"the demo ended: {log.read_text()}")
        words = log.read_text().split()
        base = base or next((w.rstrip("/") for w in words if w.startswith("http://127.0.0.1:")), None)
        if base and get(base + "/api/datasets").get("datasets"):
            break
        time.sleep(0.1)
    else:
        raise RuntimeError(f"the demo published nothing: {log.read_text()}")
    send("PUT", base + "/api/datasets/budget", BUDGET)
    send("POST", base + "/api/datasets/budget/publish")
    return base
