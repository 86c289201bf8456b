"""ckanext-dcat, with which CKAN portals harvest, reads the demo city unmodified."""

import json
import pathlib
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import city  # noqa: E402

from ckanext.dcat.processors import RDFParser  # noqa: E402

FORMS = {"/catalog.ttl": "turtle", "/catalog.rdf": "xml", "/catalog.jsonld": "json-ld", "/catalog.nt": "nt", "/catalog.ttl?page=1&limit=4": "turtle"}


class Ckan(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        base = city.demo()
        cls.base = base.__enter__()
        cls.addClassCleanup(base.__exit__, None, None, None)
        cls.published = {d["slug"]: d for d in city.get(cls.base + "/api/datasets")["datasets"]}

    def harvest(self, path, form):
        """Reads the datasets page by page, as the harvester does."""
        found, at = {}, self.base + path
        for _ in range(len(self.published) + 1):
            parser = RDFParser(profiles=["euro_dcat_ap_3"])
            with urllib.request.urlopen(at, timeout=60) as answer:
                parser.parse(answer.read().decode(), _format=form)
            for dataset in parser.datasets():
                extras = {e["key"]: e["value"] for e in dataset["extras"]}
                slug = extras["uri"].rsplit("/", 1)[-1]
                self.assertNotIn(slug, found)
                found[slug] = (dataset, extras)
            at = parser.next_page()
            if not at:
                return found
            at = str(at)
        self.fail(f"{path} never ends")

    def test_catalogue(self):
        for path, form in FORMS.items():
            with self.subTest(path):
                found = self.harvest(path, form)
                self.assertEqual(set(found), set(self.published))
                for slug, (dataset, extras) in found.items():
                    self.same(slug, dataset, extras)
                _, budget = found["budget"]
                self.assertTrue(budget["frequency"].endswith("/ANNUAL"))
                self.assertEqual(budget["contact_email"], "data@clairebeke.example")
                marked = [x for _, x in found.values() if "hvd_category" in x]
                self.assertTrue(marked)
                for extras in marked:
                    self.assertIn("http://data.europa.eu/eli/reg_impl/2023/138/oj", extras["applicable_legislation"])
                self.assertTrue(any("spatial_bbox" in x for _, x in found.values()))
                self.assertTrue(any("temporal_start" in x for _, x in found.values()))

    def same(self, slug, dataset, extras):
        """What CKAN would keep of a dataset is what was published."""
        was = self.published[slug]
        self.assertIn(dataset["title"], was["title"].values())
        self.assertTrue(dataset["notes"] and extras["publisher_name"], slug)
        self.assertEqual(extras["identifier"], f"{self.base}/id/dataset/{slug}")
        for part in ("issued", "modified", "access_rights", "language"):
            self.assertIn(part, extras, slug)
        self.assertTrue(json.loads(extras["theme"]), slug)
        for resource in dataset["resources"]:
            for part in ("name", "url", "license", "access_url"):
                self.assertTrue(resource.get(part), f"{slug}: {part} of {resource}")
        urls = {r["url"] for r in dataset["resources"]}
        for form in ("csv", "geojson", "parquet", "fgb"):
            self.assertTrue(any(u.endswith("." + form) for u in urls), f"{slug}: no {form} in {urls}")


if __name__ == "__main__":
    unittest.main()
