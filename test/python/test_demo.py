"""The invented city, read as others would read it: its metadata scored by a
script of its own, its files opened by GDAL.
"""

import importlib.metadata
import logging
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import pyshacl
import rdflib
import requests

import mqa
from server import beffroi
from test_shacl import shapes

# mlcroissant looks where to keep what it downloads when it is imported.
CACHE = tempfile.TemporaryDirectory(prefix="beffroi-croissant-")
os.environ["CROISSANT_CACHE"] = CACHE.name
import mlcroissant  # noqa: E402

unittest.addModuleCleanup(CACHE.cleanup)
logging.getLogger("absl").setLevel(logging.ERROR)  # mlcroissant repeats each warning there

# What GDAL's driver is called for each ending; those that a build may lack
# are tried if it has them.
DRIVERS = {"geojson": "GeoJSON", "csv": "CSV", "fgb": "FlatGeobuf", "parquet": "Parquet"}
OPTIONAL = {"parquet"}
OPENED = ["air-quality", "shared-bikes", "trees", "streets", "districts-and-places", "buildings"]


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = beffroi(command="demo")
        web, _ = server.__enter__()
        cls.addClassCleanup(server.__exit__, None, None, None)
        cls.base = f"http://127.0.0.1:{web}"
        cls.session = requests.Session()
        cls.addClassCleanup(cls.session.close)
        cls.slugs = [d["slug"] for d in cls.get("/api/datasets")["datasets"]]

    @classmethod
    def get(cls, path):
        answer = cls.session.get(cls.base + path, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def test_quality_is_what_others_count(self):
        self.assertGreater(len(self.slugs), 10)
        scores = {}
        for slug in self.slugs:
            with self.subTest(slug):
                iri = rdflib.URIRef(f"{self.base}/id/dataset/{slug}")
                graph = rdflib.Graph().parse(f"{iri}.ttl", format="turtle")
                conforms, _, _ = pyshacl.validate(graph, shacl_graph=shapes("dcat-ap-SHACL.ttl"))
                points, missing = mqa.assess(graph, iri, conforms, self.session)
                ours = self.get(f"/api/datasets/{slug}/quality")
                self.assertEqual({d["key"]: d["points"] for d in ours["dimensions"]}, points)
                self.assertEqual({m["key"]: m["points"] for m in ours["missing"]}, missing)
                self.assertEqual((ours["points"], ours["rating"]), (sum(points.values()), mqa.rating(sum(points.values()))))
                self.assertEqual(ours["rating"], "excellent")
                scores[slug] = ours["points"]
        print("points: " + ", ".join(f"{s} {n}" for s, n in scores.items()))

    def test_quality_as_rdf(self):
        dqv = rdflib.Namespace("http://www.w3.org/ns/dqv#")
        pv = rdflib.Namespace("https://piveau.eu/ns/voc#")
        for slug in self.slugs:
            with self.subTest(slug):
                iri = rdflib.URIRef(f"{self.base}/id/dataset/{slug}")
                about = rdflib.Graph().parse(f"{iri}.nt", format="nt").value(iri, dqv.hasQualityMetadata)
                graph = rdflib.Graph().parse(f"{about}.ttl", format="turtle")
                score = [graph.value(m, dqv.value).toPython() for m in graph.subjects(dqv.isMeasurementOf, pv.scoring)]
                ours = self.get(f"/api/datasets/{slug}/quality")
                self.assertEqual(score, [ours["points"]])
                # Counted anew from the measurements and what the metrics are worth.
                total = 0
                for metric, worth in graph.subject_objects(pv.trueScore):
                    values = [graph.value(m, dqv.value).toPython() for m in graph.subjects(dqv.isMeasurementOf, metric)]
                    total += worth.toPython() * sum(1 for v in values if v is True or v == 200) // len(values)
                self.assertEqual(total, ours["points"])
        for ext, name in {"nt": "nt", "rdf": "xml", "jsonld": "json-ld"}.items():
            self.assertEqual(set(rdflib.Graph().parse(f"{about}.{ext}", format=name)), set(graph), ext)

    def test_croissant(self):
        for slug in self.slugs:
            with self.subTest(slug):
                about = self.get(f"/api/datasets/{slug}/croissant?lang=en")
                found = mlcroissant.Dataset(jsonld=about)
                self.assertEqual(list(found.metadata.ctx.issues.errors), [])
                self.assertEqual([w for w in found.metadata.ctx.issues.warnings if "/version" not in w], [])
                page = self.session.get(f"{self.base}/id/dataset/{slug}", headers={"Accept": "text/html"}, timeout=60).text
                self.assertIn("http://mlcommons.org/croissant/1.0", page)
        # The records themselves, through the description alone.
        rows = list(mlcroissant.Dataset(jsonld=self.get("/api/datasets/trees/croissant")).records("entities"))
        features = self.get("/datasets/trees.geojson")["features"]
        self.assertEqual({r["entities/id"].decode() for r in rows}, {f["id"] for f in features})
        self.assertTrue(all(3 < r["entities/lon"] < 4 for r in rows))
        print(f"mlcroissant {importlib.metadata.version('mlcroissant')}: {len(self.slugs)} descriptions, {len(rows)} records read")

    def test_gdal_opens_the_files(self):
        self.assertIsNotNone(shutil.which("ogrinfo"), "GDAL is not installed (gdal-bin)")
        formats = subprocess.run(["ogrinfo", "--formats"], capture_output=True, text=True, check=True).stdout
        known = {ext for ext, driver in DRIVERS.items() if f" {driver} -vector-" in formats}
        self.assertLessEqual(DRIVERS.keys() - known, OPTIONAL)
        for ext in DRIVERS.keys() - known:
            print(f"not opened by GDAL: .{ext}, as this build has no driver {DRIVERS[ext]} (test/clients reads it)")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="beffroi-gdal-"))
        self.addCleanup(shutil.rmtree, folder)
        opened = 0
        for slug in OPENED:
            features = self.get(f"/datasets/{slug}.geojson")["features"]
            places = sum(1 for f in features if f["geometry"])
            for ext in sorted(known):
                with self.subTest(slug, ext=ext):
                    path = folder / f"{slug}.{ext}"
                    path.write_bytes(self.session.get(f"{self.base}/datasets/{slug}.{ext}", timeout=120).content)
                    said = subprocess.run(["ogrinfo", "-ro", "-al", "-so", path], capture_output=True, text=True)
                    self.assertEqual((said.returncode, said.stderr), (0, ""))
                    self.assertIn(f"using driver `{DRIVERS[ext]}'", said.stdout)
                    self.assertEqual(int(re.search(r"Feature Count: (\d+)", said.stdout)[1]), len(features))
                    if ext != "csv" and places:
                        self.assertIn('ID["EPSG",4326]', said.stdout)
                        west, south, east, north = (float(x) for x in re.search(r"Extent: \((\S+), (\S+)\) - \((\S+), (\S+)\)", said.stdout).groups())
                        self.assertTrue(2.5 < west <= east < 4 and 50 < south <= north < 51, said.stdout)
                    opened += 1
        print(f"GDAL opened {opened} files: {', '.join(sorted(known))}")


if __name__ == "__main__":
    unittest.main()
