package shacl

import (
	"regexp"
	"sync"
)

// grammars are the lexical spaces of the datatypes of XML Schema 1.1 that this
// engine checks, whole numbers aside. Compiled once, when first asked for.
var grammars = sync.OnceValue(func() map[string]*regexp.Regexp {
	const (
		zone  = `(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)?`
		year  = `-?([1-9]\d{3,8}|0\d{3})`
		month = `(0[1-9]|1[0-2])`
		day   = `(0[1-9]|[12]\d|3[01])`
		clock = `(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,100})?|24:00:00(\.0{1,100})?)`
	)
	out := map[string]*regexp.Regexp{}
	for name, text := range map[string]string{
		"boolean":       `true|false|0|1`,
		"decimal":       `[+-]?(\d+(\.\d*)?|\.\d+)`,
		"double":        `[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN`,
		"float":         `[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN`,
		"dateTime":      year + `-` + month + `-` + day + `T` + clock + zone,
		"dateTimeStamp": year + `-` + month + `-` + day + `T` + clock + zone,
		"date":          year + `-` + month + `-` + day + zone,
		"time":          clock + zone,
		"gYear":         year + zone,
		"gYearMonth":    year + `-` + month + zone,
		"gMonthDay":     `--` + month + `-` + day + zone,
		"gMonth":        `--` + month + zone,
		"gDay":          `---` + day + zone,
		"duration":      `-?P(\d+Y)?(\d+M)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?`,
		"hexBinary":     `([0-9a-fA-F]{2})*`,
		"base64Binary":  `((([A-Za-z0-9+/] ?){4})*(([A-Za-z0-9+/] ?){3}[A-Za-z0-9+/]|([A-Za-z0-9+/] ?){2}[AEIMQUYcgkosw048] ?=|[A-Za-z0-9+/] ?[AQgw] ?= ?=))?`,
		"language":      `[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*`,
	} {
		out[name] = regexp.MustCompile(`^(?:` + text + `)$`)
	}
	return out
})
