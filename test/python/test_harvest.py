"""Harvesters that others have written, unmodified, against a beffroi that runs.

sickle harvests /oai from the first page to the last, deleted records included;
ckanapi reads /api/3/action; rapper and rdflib read /catalog in all its forms,
and its pages are followed to the end.
"""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import uuid

import ckanapi
import rdflib
import requests
from lxml import etree
from sickle import Sickle, oaiexceptions

from server import beffroi

# More than one page of a list.
DATASETS = 105


def describe(n):
    """What a steward sends of dataset n."""
    texts = {lang: f"Jeu <{n}> & « é » ({lang})" for lang in ("fr", "nl", "en")}
    return {
        "title": texts, "description": texts, "license": "CC_BY_4_0",
        "publisher": {"name": "Clairebeke Mobilité", "url": "https://clairebeke.example/"},
        "contact": {"name": "Bureau", "email": "data@clairebeke.example"},
        "themes": ["TRAN"] if n % 2 else ["ENVI", "HEAL"], "frequency": "HOURLY",
        "keywords": {"fr": ["vélo"], "en": ["bicycle"]},
        "selection": {"types": [f"https://types.example/T{n}"]},
    }


def publish(base):
    """Describes and publishes the datasets; one stays a draft, one is withdrawn."""
    with requests.Session() as s:
        for n in range(DATASETS + 1):
            at = f"{base}/api/datasets/set-{n}"
            s.put(at, json=describe(n)).raise_for_status()
            if n < DATASETS:
                s.post(at + "/publish").raise_for_status()
        s.delete(f"{base}/api/datasets/set-7").raise_for_status()


class Harvest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = beffroi()
        web, _ = server.__enter__()
        cls.addClassCleanup(server.__exit__, None, None, None)
        cls.base = f"http://127.0.0.1:{web}"
        publish(cls.base)

    def test_sickle(self):
        client = Sickle(self.base + "/oai")
        about = client.Identify()
        self.assertEqual((about.protocolVersion, about.deletedRecord), ("2.0", "persistent"))
        self.assertEqual({f.metadataPrefix for f in client.ListMetadataFormats()}, {"oai_dc", "dcat_ap"})
        self.assertIn("theme:TRAN", [s.setSpec for s in client.ListSets()])

        headers = list(client.ListIdentifiers(metadataPrefix="oai_dc"))
        self.assertEqual(len(headers), DATASETS)
        self.assertEqual([h.identifier for h in headers if h.deleted], ["oai:127.0.0.1:set-7"])
        self.assertNotIn(f"oai:127.0.0.1:set-{DATASETS}", [h.identifier for h in headers])

        records = list(client.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True))
        self.assertEqual(len(records), DATASETS - 1)
        first = next(r for r in records if r.header.identifier.endswith(":set-0"))
        self.assertIn("Jeu <0> & « é » (fr)", first.metadata["title"])

        odd = {h.identifier for h in client.ListIdentifiers(metadataPrefix="oai_dc", set="theme:TRAN")}
        self.assertEqual(odd, {f"oai:127.0.0.1:set-{n}" for n in range(1, DATASETS, 2)})
        posted = Sickle(self.base + "/oai", http_method="POST").Identify()
        self.assertEqual(posted.baseURL, self.base + "/oai")
        with self.assertRaises(oaiexceptions.NoRecordsMatch):
            client.ListRecords(metadataPrefix="oai_dc", set="theme:JUST")
        with self.assertRaises(oaiexceptions.IdDoesNotExist):
            client.GetRecord(metadataPrefix="oai_dc", identifier=f"oai:127.0.0.1:set-{DATASETS}")

    def test_sickle_reads_dcat(self):
        record = Sickle(self.base + "/oai").GetRecord(metadataPrefix="dcat_ap", identifier="oai:127.0.0.1:set-3")
        tree = record.xml.find(".//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
        carried = rdflib.Graph().parse(data=etree.tostring(tree), format="xml")
        whole = rdflib.Graph().parse(self.base + "/id/dataset/set-3.nt", format="nt")
        self.assertGreater(len(carried), 50)
        self.assertEqual(set(carried), set(whole))

    def test_forms_of_the_catalogue(self):
        self.assertIsNotNone(shutil.which("rapper"), "rapper is not installed (raptor2-utils)")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="beffroi-forms-"))
        self.addCleanup(shutil.rmtree, folder)
        graphs = {}
        # rapper has no parser of JSON-LD: rdflib alone reads that form.
        for ext, (rdflib_name, rapper_name) in {"nt": ("nt", "ntriples"), "ttl": ("turtle", "turtle"), "rdf": ("xml", "rdfxml"), "jsonld": ("json-ld", None)}.items():
            path = folder / f"catalog.{ext}"
            answer = requests.get(f"{self.base}/catalog.{ext}", timeout=60)
            answer.raise_for_status()
            path.write_bytes(answer.content)
            graphs[f"rdflib {ext}"] = set(rdflib.Graph().parse(path, format=rdflib_name))
            if rapper_name:
                said = subprocess.run(["rapper", "-q", "-i", rapper_name, "-o", "ntriples", path, self.base + "/"], capture_output=True, text=True)
                self.assertEqual((said.returncode, said.stderr), (0, ""), ext)
                graphs[f"rapper {ext}"] = set(rdflib.Graph().parse(data=said.stdout, format="nt"))
        first = graphs["rdflib nt"]
        self.assertGreater(len(first), 10_000)
        for name, graph in graphs.items():
            self.assertEqual((name, graph - first, first - graph), (name, set(), set()))
        print(f"{len(graphs)} readings of /catalog: {len(first)} triples each")

    def test_pages_are_the_dump(self):
        hydra = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
        dump = set(rdflib.Graph().parse(f"{self.base}/catalog.nt", format="nt"))
        together, at, seen = set(), f"{self.base}/catalog.ttl?page=1&limit=20", set()
        while at:
            self.assertNotIn(at, seen, "a page links back")
            seen.add(at)
            page = rdflib.Graph().parse(at, format="turtle")
            views = list(page.subjects(rdflib.RDF.type, hydra.PartialCollectionView))
            self.assertEqual(len(views), 1)
            following = list(page.objects(views[0], hydra.next))
            at = str(following[0]) if following else None
            # What a page says of pages is not in the dump.
            links = {o for p, o in page.predicate_objects(views[0]) if p.startswith(hydra)} | set(views)
            together |= {t for t in page if t[0] not in links and not str(t[1]).startswith(hydra) and not str(t[2]).startswith(hydra)}
        self.assertEqual(len(seen), (DATASETS - 1 + 19) // 20)
        self.assertEqual((together - dump, dump - together), (set(), set()))

    def test_ckanapi(self):
        for get_only in (False, True):
            with ckanapi.RemoteCKAN(self.base, user_agent="beffroi-test", get_only=get_only) as portal:
                self.assertTrue(portal.action.site_read())
                self.assertEqual(portal.action.status_show()["site_url"], self.base)
                names = portal.action.package_list()
                self.assertEqual(set(names), {f"set-{n}" for n in range(DATASETS) if n != 7})

                one = portal.action.package_show(id="set-3")
                iri = self.base + "/id/dataset/set-3"
                self.assertEqual(one["id"], str(uuid.uuid5(uuid.NAMESPACE_URL, iri)))
                extras = {e["key"]: e["value"] for e in one["extras"]}
                self.assertEqual(extras["uri"], iri)
                self.assertEqual(json.loads(extras["theme"]), ["http://publications.europa.eu/resource/authority/data-theme/TRAN"])
                graph = rdflib.Graph().parse(iri + ".nt", format="nt")
                ways = {str(o) for o in graph.objects(rdflib.URIRef(iri), rdflib.URIRef("http://www.w3.org/ns/dcat#distribution"))}
                self.assertEqual({r["uri"] for r in one["resources"]}, ways)
                self.assertEqual(portal.action.resource_show(id=one["resources"][0]["id"])["url"], one["resources"][0]["url"])

                found = portal.action.package_search(
                    q="jeu", fq="groups:tran metadata_modified:[2020-01-01T00:00:00Z TO *]", rows=1000, sort="id asc",
                    **{"facet.field": json.dumps(["groups", "tags", "organization"])})
                self.assertEqual(found["count"], DATASETS // 2 - 1)
                self.assertEqual([p["id"] for p in found["results"]], sorted(p["id"] for p in found["results"]))
                self.assertEqual(found["facets"]["groups"], {"tran": found["count"]})
                self.assertEqual(portal.action.organization_list(), ["clairebeke-mobilite"])
                self.assertEqual(portal.action.organization_show(id="clairebeke-mobilite")["package_count"], len(names))
                self.assertEqual(portal.action.group_list(), ["envi", "heal", "tran"])
                self.assertEqual(portal.action.tag_list(), ["bicycle", "vélo"])
                self.assertIn("cc-by", [l["id"] for l in portal.action.license_list()])

                for hidden in ("set-7", f"set-{DATASETS}", "none"):
                    with self.assertRaises(ckanapi.NotFound):
                        portal.action.package_show(id=hidden)
                with self.assertRaises(ckanapi.ValidationError):
                    portal.action.package_search(**{"facet.field": json.dumps(["nope"])})
                with self.assertRaises(ckanapi.SearchQueryError):
                    portal.action.package_search(fq="nope:1")
                with self.assertRaises(ckanapi.CKANAPIError):
                    portal.action.package_delete(id="set-3")


if __name__ == "__main__":
    unittest.main()
