package mqtt

import (
	"fmt"
	"net"
)

// maxAnswer bounds one packet of a server, in bytes. What a server says to who
// only publishes is short: results, with a reason and a few properties.
const maxAnswer = 64 << 10

// frames watches the packets that come in on a connection and ends it when one
// claims to be longer than maxAnswer. The libraries make room for what the
// length of a packet claims, up to 256 MB, before a byte of it has come.
type frames struct {
	net.Conn
	left  int  // bytes of the packet's body still to come
	shift uint // of the next byte of the length; 0 outside a length
	size  int  // what the length says so far
	inLen bool
}

// Read reads as the connection does (MQTT 5.0, 1.5.5 and 2.1).
func (f *frames) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	for b := p[:n]; len(b) > 0; {
		switch {
		case f.left > 0:
			k := min(f.left, len(b))
			f.left -= k
			b = b[k:]
			continue
		case !f.inLen:
			f.inLen, f.shift, f.size = true, 0, 0
		default:
			f.size |= int(b[0]&0x7f) << f.shift
			f.shift += 7
			if f.size > maxAnswer || f.shift > 28 {
				return 0, fmt.Errorf("it announced a packet of more than %d bytes", maxAnswer)
			}
			if b[0]&0x80 == 0 {
				f.inLen, f.left = false, f.size
			}
		}
		b = b[1:]
	}
	return n, err
}
