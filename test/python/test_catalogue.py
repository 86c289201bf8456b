"""The catalogue's forms, read by a library that knows nothing of beffroi.

Each golden catalogue is kept as Turtle, N-Triples, JSON-LD and RDF/XML. All must
be read without a complaint and hold the same graph, and nothing in them may
need the network: every JSON-LD context stands in the document.
"""

import json
import pathlib
import unittest

import rdflib
from rdflib.compare import isomorphic, graph_diff

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMS = {".ttl": "turtle", ".nt": "nt", ".jsonld": "json-ld", ".rdf": "xml"}


def golden():
    """The golden catalogues: a list of files that differ only in their ending."""
    found = {}
    for folder in (ROOT / "internal" / "api" / "dcat", ROOT / "test" / "shacl"):
        for path in folder.glob("testdata/**/catalog*"):
            if path.suffix in FORMS:
                found.setdefault(path.with_suffix(""), []).append(path)
    return sorted((base, sorted(paths)) for base, paths in found.items())


def remote_contexts(node):
    """Addresses of contexts that would have to be fetched."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "@context":
                values = value if isinstance(value, list) else [value]
                yield from (v for v in values if isinstance(v, str))
            yield from remote_contexts(value)
    elif isinstance(node, list):
        for value in node:
            yield from remote_contexts(value)


class Catalogue(unittest.TestCase):
    def test_forms_hold_the_same_graph(self):
        catalogues = golden()
        if not catalogues:
            self.skipTest("there is no golden catalogue yet")
        for base, paths in catalogues:
            with self.subTest(base.relative_to(ROOT)):
                graphs = []
                for path in paths:
                    if path.suffix == ".jsonld":
                        remote = list(remote_contexts(json.loads(path.read_text("utf-8"))))
                        self.assertEqual(remote, [], f"{path.name} needs the network")
                    graph = rdflib.Graph().parse(path, format=FORMS[path.suffix])
                    self.assertGreater(len(graph), 10, f"{path.name} is as good as empty")
                    graphs.append((path, graph))
                first, want = graphs[0]
                for path, graph in graphs[1:]:
                    if not isomorphic(want, graph):
                        _, missing, extra = graph_diff(want, graph)
                        self.fail(
                            f"{path.name} is not the graph of {first.name}:\n"
                            f"missing:\n{missing.serialize(format='nt')}\nextra:\n{extra.serialize(format='nt')}"
                        )

    def test_remote_contexts_are_seen(self):
        self.assertEqual(list(remote_contexts({"a": [{"@context": ["https://x", {}]}]})), ["https://x"])
        self.assertEqual(list(remote_contexts({"@context": {"a": "https://x"}})), [])


if __name__ == "__main__":
    unittest.main()
