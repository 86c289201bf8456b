"""What beffroi's engine of shapes finds, pyshacl finds too.

The verdicts are those that test/shacl holds against rdf-validate-shacl: every
official file of shapes on every emitted catalogue, and catalogues with one
property removed, each mandatory one among them. A Go test keeps them equal to
what the engine says.
"""

import concurrent.futures
import functools
import json
import multiprocessing
import pathlib
import unittest

import pyshacl
import rdflib
from rdflib.namespace import OWL, SH

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPES = ROOT / "test" / "shacl" / "testdata" / "shapes"
GOLDEN = ROOT / "internal" / "api" / "dcat" / "testdata" / "golden"


@functools.cache
def graph(path):
    return rdflib.Graph().parse(path, format="turtle")


@functools.cache
def shapes(name):
    """The shapes without addresses of others, and without two properties that
    the official file names and nowhere describes: pyshacl refuses them."""
    out = graph(SHAPES / name)
    out.remove((None, OWL.imports, None))
    for shape, prop in list(out.subject_objects(SH.property)):
        if (prop, SH.path, None) not in out:
            out.remove((shape, SH.property, prop))
    return out


def local(term):
    return "" if term is None else str(term).replace(str(SH), "")


def judge(name, data):
    """The findings as verdicts.json has them."""
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes(name))
    out = set()
    for r in report.objects(None, SH.result):  # those of sh:detail are none of their own
        path = report.value(r, SH.resultPath)
        out.add(" ".join([
            local(report.value(r, SH.resultSeverity)), str(report.value(r, SH.focusNode)),
            str(path) if isinstance(path, rdflib.URIRef) else "",
            local(report.value(r, SH.sourceConstraintComponent)),
            "" if (value := report.value(r, SH.value)) is None else str(value),
        ]))
    return out


@functools.cache
def whole(name, data):
    return judge(name, graph(GOLDEN / data))


def differs(verdict):
    """What is wrong with a verdict, None if both engines say the same."""
    name, file = verdict["shapes"], verdict["data"]
    if "without" not in verdict:
        found, gone = whole(name, file), set()
    else:
        less = rdflib.Graph()
        s, p = map(rdflib.URIRef, verdict["without"])
        for t in graph(GOLDEN / file):
            if t[:2] != (s, p):
                less.add(t)
        now = judge(name, less)
        found, gone = now - whole(name, file), whole(name, file) - now
    want_found, want_gone = set(verdict["found"]), set(verdict.get("gone") or [])
    if (found, gone) == (want_found, want_gone):
        return None
    return {"verdict": [name, file, verdict.get("without")], "pyshacl alone": sorted(found - want_found) + sorted(gone - want_gone),
            "beffroi alone": sorted(want_found - found) + sorted(want_gone - gone)}


class Agreement(unittest.TestCase):
    def test_pyshacl_agrees(self):
        verdicts = json.loads((ROOT / "test" / "shacl" / "testdata" / "verdicts.json").read_text("utf-8"))
        self.assertGreater(len(verdicts), 200)
        with concurrent.futures.ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            wrong = [d for d in pool.map(differs, verdicts, chunksize=16) if d]
        self.assertEqual(wrong, [])
        print(f"pyshacl {pyshacl.__version__}: {len(verdicts)} verdicts, {sum('without' in v for v in verdicts)} of catalogues with a property removed")


if __name__ == "__main__":
    unittest.main()
