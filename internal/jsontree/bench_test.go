package jsontree

import "testing"

// sample is an entity of about 1.5 kB in normalised form.
const sample = `{"id":"urn:ngsi-ld:AirQualityObserved:Quai-07","type":"AirQualityObserved",` +
	`"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[3.2018764,50.6512345]}},` +
	`"NO2":{"type":"Property","value":38.50,"unitCode":"GQ","observedAt":"2026-03-29T12:00:00Z","createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-03-29T12:00:01.25Z"},` +
	`"PM10":{"type":"Property","value":21.0,"unitCode":"GQ","observedAt":"2026-03-29T12:00:00Z","createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-03-29T12:00:01.25Z"},` +
	`"PM25":{"type":"Property","value":12.25,"unitCode":"GQ","observedAt":"2026-03-29T12:00:00Z","createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-03-29T12:00:01.25Z"},` +
	`"O3":{"type":"Property","value":60,"unitCode":"GQ","observedAt":"2026-03-29T12:00:00Z","createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-03-29T12:00:01.25Z"},` +
	`"temperature":{"type":"Property","value":11.4,"unitCode":"CEL","observedAt":"2026-03-29T12:00:00Z","createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-03-29T12:00:01.25Z"},` +
	`"relativeHumidity":{"type":"Property","value":0.71,"unitCode":"P1","observedAt":"2026-03-29T12:00:00Z","createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-03-29T12:00:01.25Z"},` +
	`"name":{"type":"LanguageProperty","languageMap":{"fr":"Quai de l'Écluse","nl":"Sluiskaai","en":"Lock Quay"}},` +
	`"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:Quai-07"},"scope":"/Montclair/Quais"}`

func BenchmarkParse(b *testing.B) {
	data := []byte(sample)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	n, err := Parse([]byte(sample), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(sample)))
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf = n.Append(buf[:0])
	}
}

func BenchmarkGet(b *testing.B) {
	n, err := Parse([]byte(sample), Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, ok := n.Get("temperature"); !ok {
			b.Fatal("no temperature")
		}
	}
}

func BenchmarkParseNumber(b *testing.B) {
	data := []byte("38.50")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseShared(data, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
