// Package connect takes in what the city's devices and other people's servers
// say, and makes fragments of entities of it.
//
// A Mapping, written in YAML, says where a source is, how its payloads are
// read and which entities come of them; it is compiled once and is pure:
// payload in, fragments and dead letters out. The Supervisor runs the sources:
// it polls, takes MQTT messages and pushed bodies, hands the fragments to the
// broker, keeps what could not be mapped, and knows how each source fares. The
// folders below it know one protocol each; they hand payloads in.
//
// It is not the place of validation against the standard (package broker) and
// opens no sockets.
//
// What always holds: a message is only acknowledged once what came of it,
// fragments or dead letter, is durable; what a mapping cannot read is kept with
// the reason, never dropped in silence; dead letters, queues, payloads and the
// work of an expression are bounded; a poll never overlaps the one before.
package connect
