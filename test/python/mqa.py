"""The metadata quality assessment of data.europa.eu, written from its published
indicators and the definitions of its metrics (findability 100, accessibility
100, interoperability 110, reusability 75, contextuality 20).

It knows nothing of how beffroi counts. Each metric looks at the dataset or at
its distributions; those of distributions give the share of their points that
the distributions earn, in whole points.
"""

import requests
from rdflib import Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, SKOS

EU = "http://publications.europa.eu/resource/authority/"
IANA = ("http://www.iana.org/assignments/media-types/", "https://www.iana.org/assignments/media-types/")

# Formats that belong to nobody and formats that machines read, as far as
# catalogues of cities use them: codes of the EU table, and media types.
NON_PROPRIETARY = {
    "CSV", "TSV", "TXT", "JSON", "JSON_LD", "GEOJSON", "XML", "RDF_XML", "RDF_TURTLE", "RDF_N_TRIPLES", "GML", "KML", "GPKG", "ODS", "HTML",
    "text/csv", "application/json", "application/ld+json", "application/geo+json", "application/xml", "text/turtle",
    "application/vnd.apache.parquet", "application/geopackage+sqlite3",
}
MACHINE_READABLE = {
    "CSV", "TSV", "JSON", "JSON_LD", "GEOJSON", "XML", "RDF_XML", "RDF_TURTLE", "RDF_N_TRIPLES", "GML", "KML", "GPKG", "ODS", "XLS", "XLSX", "SHP",
    "text/csv", "application/json", "application/ld+json", "application/geo+json", "application/xml", "text/turtle",
    "application/vnd.apache.parquet", "application/geopackage+sqlite3",
    "application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def answers(session, url):
    """Whether an address gives a status from 200 to 399."""
    try:
        return 200 <= session.head(url, timeout=60, allow_redirects=True).status_code < 400
    except requests.RequestException:
        return False


def from_table(table):
    return lambda v: isinstance(v, URIRef) and str(v).startswith(EU + table + "/")


def media(v):
    return next((str(v)[len(i):] for i in IANA if str(v).startswith(i)), None)


def kinds(graph, dist):
    """What a distribution is, by its format and by its media type."""
    for v in graph.objects(dist, DCTERMS.format):
        if from_table("file-type")(v):
            yield str(v).rsplit("/", 1)[1]
    for v in graph.objects(dist, DCAT.mediaType):
        if media(v):
            yield media(v)


def assess(graph, dataset, conforms, session):
    """Points by dimension, and by indicator those that are missing."""
    dists = list(graph.objects(dataset, DCAT.distribution))
    files = [d for d in dists if (d, DCAT.accessService, None) not in graph]
    points, missing = {}, {}

    def metric(dimension, name, worth, nodes, ok):
        nodes = list(nodes)
        got = worth * sum(1 for n in nodes if ok(n)) // len(nodes) if nodes else 0
        points[dimension] = points.get(dimension, 0) + got
        if got < worth:
            missing[name] = worth - got

    def has(p, ok=lambda v: True):
        def test(node):
            values = list(graph.objects(node, p))
            return bool(values) and all(ok(v) for v in values)
        return test

    def known_licence(v):
        return from_table("licence")(v) or any(from_table("licence")(o) for o in graph.objects(v, SKOS.exactMatch))

    up = lambda v: not isinstance(v, Literal) and answers(session, str(v))
    one = [dataset]
    metric("findability", "keyword", 30, one, has(DCAT.keyword))
    metric("findability", "theme", 30, one, has(DCAT.theme))
    metric("findability", "spatial", 20, one, has(DCTERMS.spatial))
    metric("findability", "temporal", 20, one, has(DCTERMS.temporal))
    metric("accessibility", "accessURL-answers", 50, dists, has(DCAT.accessURL, up))
    metric("accessibility", "downloadURL", 20, files, has(DCAT.downloadURL))
    metric("accessibility", "downloadURL-answers", 30, files, has(DCAT.downloadURL, up))
    metric("interoperability", "format", 20, dists, has(DCTERMS.format))
    metric("interoperability", "mediaType", 10, dists, has(DCAT.mediaType))
    metric("interoperability", "format-vocabulary", 10, dists,
           lambda d: has(DCTERMS.format, from_table("file-type"))(d) and has(DCAT.mediaType, media)(d))
    metric("interoperability", "format-open", 20, dists, lambda d: any(k in NON_PROPRIETARY for k in kinds(graph, d)))
    metric("interoperability", "format-machine-readable", 20, dists, lambda d: any(k in MACHINE_READABLE for k in kinds(graph, d)))
    metric("interoperability", "dcat-ap", 30, one, lambda _: conforms)
    metric("reusability", "license", 20, dists, has(DCTERMS.license))
    metric("reusability", "license-vocabulary", 10, dists, has(DCTERMS.license, known_licence))
    metric("reusability", "accessRights", 10, one, has(DCTERMS.accessRights))
    metric("reusability", "accessRights-vocabulary", 5, one, has(DCTERMS.accessRights, from_table("access-right")))
    metric("reusability", "contactPoint", 20, one, has(DCAT.contactPoint))
    metric("reusability", "publisher", 10, one, has(DCTERMS.publisher))
    metric("contextuality", "rights", 5, dists, has(DCTERMS.rights))
    metric("contextuality", "byteSize", 5, files, has(DCAT.byteSize))
    metric("contextuality", "issued", 5, one + dists, has(DCTERMS.issued))
    metric("contextuality", "modified", 5, one + dists, has(DCTERMS.modified))
    return points, missing


def rating(points):
    return "excellent" if points >= 351 else "good" if points >= 221 else "sufficient" if points >= 121 else "bad"
