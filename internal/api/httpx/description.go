package httpx

// Description is what /openapi.json says of a route beyond its address.
type Description struct {
	Params []Param
	// Body are the forms of the request's body, the usual one first; nil for a
	// route that takes none.
	Body    []Media
	Answers []Answer
}

// Param is a parameter of a route beyond those in its path.
type Param struct {
	Name, In, Description string // In is query or header
	Example               string
	Required              bool
	Schema                Schema // nil is a text
}

// Media is one form of a body.
type Media struct {
	Type   string // media type
	Schema Schema
}

// Answer is what a route answers with one status.
type Answer struct {
	Status      int
	Description string
	Headers     []string // by their names; what each is stands in one place
	Body        []Media  // nil without a body
}

// Schema is a JSON Schema (2020-12) as JSON has it.
type Schema = map[string]any

// SchemaOf refers to a named schema of the document.
func SchemaOf(name string) Schema { return Schema{"$ref": "#/components/schemas/" + name} }
