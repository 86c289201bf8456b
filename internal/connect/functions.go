package connect

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/beffroi/beffroi/internal/jsontree"
)

// timeFunctions reads times of a source whose clocks stand in zone:
//
//	time(x)      as said; without an offset it is clock time
//	localTime(x) clock time, whatever the offset says
//	observed(x)  as said, unless it lies in the future and clock time does not
//	minutes(n)   a span
//
// x is a text or a number of seconds or milliseconds since 1970; null stays
// null. The time of arrival is handed in unseen.
func timeFunctions(zone *time.Location) cel.EnvOption {
	return func(e *cel.Env) (*cel.Env, error) {
		var opts []cel.EnvOption
		for name, how := range map[string]timeReading{"time": wall.asSaid, "localTime": wall.onClock, "observed": wall.asObserved} {
			opts = append(opts, timeFunction(name, how, zone)...)
		}
		opts = append(opts, cel.Function("minutes", cel.Overload("minutes_dyn", []*cel.Type{cel.DynType}, cel.DurationType, cel.UnaryBinding(func(v ref.Val) ref.Val {
			f, ok := asNumber(plainValue(v))
			if !ok || math.Abs(f) > 1e9 {
				return types.NewErr("minutes: %v is not a number of minutes", v)
			}
			return types.Duration{Duration: time.Duration(f * float64(time.Minute))}
		}))))
		for _, o := range opts {
			var err error
			if e, err = o(e); err != nil {
				return nil, err
			}
		}
		return e, nil
	}
}

func timeFunction(name string, how timeReading, zone *time.Location) []cel.EnvOption {
	hidden := "@" + name
	return []cel.EnvOption{
		cel.Macros(cel.GlobalMacro(name, 1, func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
			return eh.NewCall(hidden, args[0], eh.NewIdent(varArrived)), nil
		})),
		cel.Function(hidden, cel.Overload(name+"_dyn", []*cel.Type{cel.DynType, cel.TimestampType}, cel.TimestampType, cel.BinaryBinding(func(x, arrived ref.Val) ref.Val {
			p := plainValue(x)
			if p == nil {
				return types.NullValue
			}
			a, ok := arrived.(types.Timestamp)
			if !ok {
				return types.NewErr("%s: no time of arrival", name)
			}
			t, err := readTime(p, how, zone, a.Time)
			if err != nil {
				return types.NewErr("%s: %s", name, err.Error())
			}
			return types.Timestamp{Time: t}
		}))),
	}
}

// textFunctions turns texts and values into one another:
//
//	number(x) a number of a text such as "3,5" or "1 200"; "" is null
//	text(x)   how a value is written; whole numbers without a fraction
//	slug(x)   a text that can stand in a URI: letters, digits, . _ and -
//	json(x)   the value of a JSON text; what is no text stays what it is
func textFunctions() cel.EnvOption {
	one := func(name string, out *cel.Type, f func(any) (any, error)) cel.EnvOption {
		return cel.Function(name, cel.Overload(name+"_any", []*cel.Type{cel.DynType}, out, cel.UnaryBinding(func(v ref.Val) ref.Val {
			if name == "json" {
				if _, ok := v.(types.String); !ok {
					return v
				}
			}
			r, err := f(plainValue(v))
			if err != nil {
				return types.NewErr("%s: %s", name, err.Error())
			}
			return types.DefaultTypeAdapter.NativeToValue(r)
		})))
	}
	return cel.Lib(library{
		one("number", cel.DynType, func(v any) (any, error) {
			if s, ok := v.(string); v == nil || ok && strings.TrimSpace(s) == "" {
				return nil, nil
			}
			f, ok := asNumber(v)
			if !ok {
				return nil, fmt.Errorf("%.60v is not a number", v)
			}
			return f, nil
		}),
		one("text", cel.DynType, func(v any) (any, error) {
			switch x := v.(type) {
			case nil:
				return nil, nil
			case string:
				return x, nil
			case float64:
				return strconv.FormatFloat(x, 'f', -1, 64), nil
			case int64:
				return strconv.FormatInt(x, 10), nil
			case bool:
				return strconv.FormatBool(x), nil
			case time.Time:
				return x.UTC().Format(time.RFC3339Nano), nil
			}
			return nil, fmt.Errorf("a list or an object is not a text")
		}),
		one("slug", cel.DynType, func(v any) (any, error) {
			if v == nil {
				return nil, nil
			}
			s, ok := v.(string)
			if !ok {
				return nil, fmt.Errorf("%.60v is not a text", v)
			}
			return slug(s), nil
		}),
		one("json", cel.DynType, func(v any) (any, error) {
			n, err := jsontree.Parse([]byte(v.(string)), jsontree.Limits{})
			if err != nil {
				return nil, err
			}
			return native(n), nil
		}),
	})
}

// slug puts one hyphen for each run of what a URI or a reader would trip over.
func slug(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		if !(unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '.' || r == '_') {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// library is a list of declarations.
type library []cel.EnvOption

// CompileOptions gives the declarations.
func (l library) CompileOptions() []cel.EnvOption { return l }

// ProgramOptions gives none.
func (l library) ProgramOptions() []cel.ProgramOption { return nil }

// asNumber reads a number, also of a text with a decimal comma or with blanks
// between thousands.
func asNumber(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int64:
		return float64(x), true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case string:
		lit, ok := numberLiteral(x, ',')
		if !ok {
			return 0, false
		}
		f, err := strconv.ParseFloat(lit, 64)
		return f, err == nil
	}
	return 0, false
}

// numberLiteral gives the JSON literal of a number as people write it.
func numberLiteral(s string, decimal byte) (string, bool) {
	s = strings.TrimSpace(s)
	s = strings.NewReplacer("\u00a0", "", "\u202f", "", " ", "").Replace(s)
	if decimal == ',' && strings.Count(s, ",") == 1 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", ".")
	}
	s = strings.TrimPrefix(s, "+")
	neg := strings.HasPrefix(s, "-")
	body := strings.TrimPrefix(s, "-")
	for len(body) > 1 && body[0] == '0' && body[1] >= '0' && body[1] <= '9' {
		body = body[1:]
	}
	if strings.HasPrefix(body, ".") {
		body = "0" + body
	}
	body = strings.TrimSuffix(body, ".")
	if neg {
		body = "-" + body
	}
	n, err := jsontree.NumberNode(body)
	if err != nil {
		return "", false
	}
	return n.Literal(), true
}

// byteFunctions reads numbers out of the bytes of a device's payload:
//
//	u8(b, i) i8 u16 i16 u32 i32 f32     big endian, u16le ... little endian
//	bits(b, first, count)               count bits from bit first on, most significant first
//	fromHex(x)                          the bytes of hexadecimal text
//	lpp(b)                              the channels of a Cayenne LPP payload
func byteFunctions() cel.EnvOption {
	var lib library
	type reading struct {
		name string
		size int
		f    func(b []byte) float64
	}
	be, le := binary.BigEndian, binary.LittleEndian
	for _, r := range []reading{
		{"u8", 1, func(b []byte) float64 { return float64(b[0]) }},
		{"i8", 1, func(b []byte) float64 { return float64(int8(b[0])) }},
		{"u16", 2, func(b []byte) float64 { return float64(be.Uint16(b)) }},
		{"i16", 2, func(b []byte) float64 { return float64(int16(be.Uint16(b))) }},
		{"u32", 4, func(b []byte) float64 { return float64(be.Uint32(b)) }},
		{"i32", 4, func(b []byte) float64 { return float64(int32(be.Uint32(b))) }},
		{"f32", 4, func(b []byte) float64 { return float64(math.Float32frombits(be.Uint32(b))) }},
		{"u16le", 2, func(b []byte) float64 { return float64(le.Uint16(b)) }},
		{"i16le", 2, func(b []byte) float64 { return float64(int16(le.Uint16(b))) }},
		{"u32le", 4, func(b []byte) float64 { return float64(le.Uint32(b)) }},
		{"i32le", 4, func(b []byte) float64 { return float64(int32(le.Uint32(b))) }},
		{"f32le", 4, func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) }},
	} {
		lib = append(lib, cel.Function(r.name, cel.Overload(r.name+"_bytes_int", []*cel.Type{cel.BytesType, cel.IntType}, cel.DoubleType, cel.BinaryBinding(func(b, i ref.Val) ref.Val {
			bytes, at := []byte(b.(types.Bytes)), int(i.(types.Int))
			if at < 0 || at > len(bytes)-r.size {
				return types.NewErr("%s: the payload has %d bytes; there are none at %d to %d", r.name, len(bytes), at, at+r.size-1)
			}
			return types.Double(r.f(bytes[at:]))
		}))))
	}
	lib = append(lib,
		cel.Function("bits", cel.Overload("bits_bytes_int_int", []*cel.Type{cel.BytesType, cel.IntType, cel.IntType}, cel.DoubleType, cel.FunctionBinding(func(args ...ref.Val) ref.Val {
			return bits([]byte(args[0].(types.Bytes)), int(args[1].(types.Int)), int(args[2].(types.Int)))
		}))),
		cel.Function("fromHex", cel.Overload("fromHex_string", []*cel.Type{cel.StringType}, cel.BytesType, cel.UnaryBinding(func(v ref.Val) ref.Val {
			b, err := hex.DecodeString(strings.ReplaceAll(string(v.(types.String)), " ", ""))
			if err != nil {
				return types.NewErr("fromHex: %s", err.Error())
			}
			return types.Bytes(b)
		}))),
		cel.Function("lpp", cel.Overload("lpp_bytes", []*cel.Type{cel.BytesType}, cel.MapType(cel.StringType, cel.DynType), cel.UnaryBinding(func(v ref.Val) ref.Val {
			m, err := decodeLPP([]byte(v.(types.Bytes)))
			if err != nil {
				return types.NewErr("lpp: %s", err.Error())
			}
			return types.DefaultTypeAdapter.NativeToValue(m)
		}))),
	)
	return cel.Lib(lib)
}

func bits(b []byte, first, count int) ref.Val {
	if first < 0 || count < 1 || count > 52 || first > len(b)*8-count {
		return types.NewErr("bits: the payload has %d bits; %d from %d on are not among them (at most 52 at once)", len(b)*8, count, first)
	}
	var n uint64
	for i := first; i < first+count; i++ {
		n = n<<1 | uint64(b[i/8]>>(7-i%8)&1)
	}
	return types.Double(n)
}

// lppType is one kind of channel of Cayenne LPP: its number, how the network
// servers name it, its size and what one unit of it is worth.
type lppType struct {
	name   string
	size   int
	factor float64
	signed bool
}

func lppTypes() map[byte]lppType {
	return map[byte]lppType{
		0x00: {"digital_in", 1, 1, false}, 0x01: {"digital_out", 1, 1, false},
		0x02: {"analog_in", 2, 0.01, true}, 0x03: {"analog_out", 2, 0.01, true},
		0x65: {"luminosity", 2, 1, false}, 0x66: {"presence", 1, 1, false},
		0x67: {"temperature", 2, 0.1, true}, 0x68: {"relative_humidity", 1, 0.5, false},
		0x73: {"barometric_pressure", 2, 0.1, false}, 0x74: {"voltage", 2, 0.01, false},
		0x75: {"current", 2, 0.001, false}, 0x7D: {"concentration", 2, 1, false},
		0x80: {"power", 2, 1, false}, 0x82: {"distance", 4, 0.001, false},
	}
}

// decodeLPP reads channel, type, value until the end.
func decodeLPP(b []byte) (map[string]any, error) {
	kinds, out := lppTypes(), map[string]any{}
	for pos := 0; pos < len(b); {
		if len(b)-pos < 2 {
			return nil, fmt.Errorf("the payload ends within the head of a channel, at byte %d", pos)
		}
		k, ok := kinds[b[pos+1]]
		if !ok {
			return nil, fmt.Errorf("channel type 0x%02x at byte %d is not known", b[pos+1], pos+1)
		}
		if len(b)-pos-2 < k.size {
			return nil, fmt.Errorf("the payload ends within %s, at byte %d", k.name, pos+2)
		}
		var n uint64
		for _, c := range b[pos+2 : pos+2+k.size] {
			n = n<<8 | uint64(c)
		}
		v := float64(n)
		if k.signed && n>>(8*k.size-1) != 0 {
			v -= math.Exp2(float64(8 * k.size))
		}
		// 215 tenths are 21.5: rounding takes away what binary fractions add.
		out[fmt.Sprintf("%s_%d", k.name, b[pos])] = math.Round(v*k.factor*1e6) / 1e6
		pos += 2 + k.size
	}
	return out, nil
}
