"""udata, the software of data.gouv.fr, harvests the demo city unmodified.

It runs its own harvest as its preview does: everything is read, checked and
turned into its records, and nothing is saved. Its database is one in memory.
"""

import logging
import pathlib
import sys
import unittest

import mongoengine
import mongomock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import city  # noqa: E402

connect = mongoengine.connect
mongoengine.connect = lambda *a, **k: connect(*a, **k, mongo_client_class=mongomock.MongoClient)

from udata import settings  # noqa: E402
from udata.app import create_app  # noqa: E402
from udata.core.dataset.models import License  # noqa: E402
from udata.harvest.backends.ckan.harvesters import CkanBackend  # noqa: E402
from udata.harvest.backends.dcat import DcatBackend  # noqa: E402
from udata.harvest.models import HarvestSource  # noqa: E402


class InMemory(settings.Testing):
    HVD_SUPPORT = True
    MONGODB_HOST = MONGODB_HOST_TEST = "mongodb://localhost:27017/udata"


# What it says of a point among the places, having taken the box: no loss.
KNOWN = {"Unsupported GeoJSON type 'Point'"}


class Udata(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        logging.disable(logging.WARNING)
        base = city.demo()
        cls.base = base.__enter__()
        cls.addClassCleanup(base.__exit__, None, None, None)
        cls.published = {d["slug"]: d for d in city.get(cls.base + "/api/datasets")["datasets"]}
        app = create_app(settings.Defaults, override=InMemory)
        context = app.test_request_context("/")
        context.push()
        cls.addClassCleanup(context.pop)
        License(id="lov2", title="Licence Ouverte / Open Licence version 2.0", url="https://www.etalab.gouv.fr/licence-ouverte-open-licence").save()
        License(id="cc-by", title="Creative Commons Attribution", url="http://www.opendefinition.org/licenses/cc-by").save()
        License(id="notspecified", title="License Not Specified").save()

    def harvest(self, backend, path):
        """Previews a harvest; gives the datasets by the end of their id."""
        source = HarvestSource(name="beffroi", url=self.base + path, backend=backend.name)
        job = backend(source, dryrun=True).harvest()
        self.assertEqual((job.status, [e.message for e in job.errors]), ("done", []))
        for item in job.items:
            said = [e.message for e in item.errors] + [entry.message for entry in item.logs if entry.level != "DEBUG"]
            self.assertEqual((item.status, [s for s in said if s not in KNOWN]), ("done", []), item.remote_id)
        return {item.remote_id.rsplit("/", 1)[-1]: item.dataset for item in job.items if item.dataset}

    def test_rdf(self):
        for path in ("/catalog.ttl", "/catalog.rdf", "/catalog.jsonld", "/catalog.nt", "/catalog.ttl?page=1&limit=4"):
            with self.subTest(path):
                got = self.harvest(DcatBackend, path)
                self.assertEqual(set(got), set(self.published))
                for slug, dataset in got.items():
                    self.same(slug, dataset)
                self.assertEqual(got["budget"].license.id, "lov2")
                self.assertEqual(got["budget"].frequency, "annual")
                self.assertIn("budget", got["budget"].tags)
                self.assertTrue(any("hvd" in d.tags for d in got.values()), "no dataset counts as one of high value")

    def same(self, slug, dataset):
        """What udata made of a dataset is what was published."""
        was = self.published[slug]
        self.assertEqual(dataset.title, was["title"]["fr"])
        self.assertTrue(dataset.description, slug)
        self.assertEqual(dataset.harvest.uri, f"{self.base}/id/dataset/{slug}")
        self.assertEqual(dataset.harvest.dct_identifier, dataset.harvest.uri)
        self.assertTrue(dataset.harvest.issued_at and dataset.harvest.modified_at, slug)
        urls = {r.url for r in dataset.resources}
        for form in ("csv", "geojson", "parquet", "fgb"):
            self.assertTrue(any(u.endswith("." + form) for u in urls), f"{slug}: no {form} in {urls}")
        for r in dataset.resources:
            self.assertTrue(r.title, r.url)

    def test_ckan(self):
        got = self.harvest(CkanBackend, "/")
        self.assertEqual({d.slug for d in got.values()}, set(self.published))
        budget = next(d for d in got.values() if d.slug == "budget")
        self.assertIn("<primitif> & « annexes »", budget.title)
        self.assertEqual(budget.license.id, "lov2")


if __name__ == "__main__":
    unittest.main()
