package catalogue

// File is a form in which a dataset is downloaded.
type File struct {
	Ext   string // its ending, which is its key too: geojson
	Name  string // as people call it: GeoJSON
	Code  string // in the EU table file-type; "" if it has none
	Media string // as IANA has registered it; "" if it has not
	// Standard is the address of its specification, for forms that the tables
	// do not name, or not closely enough.
	Standard string
}

// Files gives the forms in the order in which they are offered; those that
// the most people open come first.
func Files() []File {
	return []File{
		{Ext: "geojson", Name: "GeoJSON", Code: "GEOJSON", Media: "application/geo+json"},
		{Ext: "csv", Name: "CSV", Code: "CSV", Media: "text/csv"},
		{Ext: "json", Name: "JSON", Code: "JSON", Media: "application/json"},
		{Ext: "ndjson", Name: "NDJSON", Standard: "https://github.com/ndjson/ndjson-spec"},
		{Ext: "jsonld", Name: "JSON-LD", Code: "JSON_LD", Media: "application/ld+json"},
		{Ext: "parquet", Name: "GeoParquet", Media: "application/vnd.apache.parquet", Standard: "https://geoparquet.org/releases/v1.1.0/"},
		{Ext: "fgb", Name: "FlatGeobuf", Standard: "https://flatgeobuf.org/"},
	}
}
