package connect

import (
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// DeadLetter is what could not be mapped, with the reason.
type DeadLetter struct {
	ID      string // its place in the store, "" until it is kept
	Source  string
	Mapping string // digest of the mapping that could not read it
	Reason  string // what, where and how to mend it
	Payload []byte
	Topic   string
	Item    bool   // Payload is one item's JSON
	Parent  []byte // what that item stood in, if it is known
	Key     string
	Arrived time.Time
	// Again counts how often the very same came again, LastArrived is when.
	Again       int
	LastArrived time.Time
}

func nullVal() ref.Val { return types.NullValue }
