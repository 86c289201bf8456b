// Package synth makes an invented city from a seed and plays what happens in
// it, so that there is something to see, to try and to test with.
//
// Plan lays the city out: water, streets, blocks, houses, trees, names, and the
// devices that watch it. Everything that moves or is measured is a pure
// function of the city, the thing and the instant: any moment of any year can
// be asked for, in any order, and history is filled back by asking for the
// past. Feeds serves all of it in the formats that real cities use, with the
// defects that real feeds have, so that nothing downstream can tell the
// difference.
//
// It is not a traffic or dispersion model: the curves look right, they explain
// nothing. It holds no entity and knows nothing of NGSI-LD; whoever loads the
// city makes entities of its Things.
//
// What always holds: the same seed gives the same city, the same values and the
// same messages, whenever and wherever they are asked for (see DESIGN.md for
// the limit of that promise); the package reads no clock and draws no
// randomness but from the seed; a City never changes; nothing in it is a real
// place or a real person, and each thing and each record says so.
package synth
