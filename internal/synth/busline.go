package synth

import (
	"container/heap"
	"fmt"
	"math"
)

// busColors are the eight categories of the map's palette.
var busColors = [...]string{"#213DAB", "#B37E47", "#0A7C88", "#A7365D", "#615B00", "#8674F3", "#013528", "#400240"}

// busLines lays eight lines over the streets: seven through the centre from
// one edge of the city to another, one round.
func (d *draft) busLines() {
	hub, gare := vec{}, d.station.add(vec{-80, 110})
	plans := []struct {
		number string
		via    []vec
	}{
		{"1", []vec{polar(2900, 92), hub, gare, polar(2600, 268)}},
		{"2", []vec{polar(3100, 172), hub, polar(2700, 22)}},
		{"3", []vec{polar(1960, 20), polar(1960, 80), polar(2300, 120), polar(2300, 165), polar(1960, 214), polar(1960, 268), polar(1960, 318), polar(1960, 20)}},
		{"4", []vec{polar(2700, 118), hub, polar(2900, 318)}},
		{"6", []vec{polar(2900, 62), hub, polar(3000, 214)}},
		{"7", []vec{d.village[0], polar(700, 118), gare, polar(2500, 292)}},
		{"12", []vec{d.village[3], polar(620, 172), polar(620, 268), gare, polar(2650, 340)}},
		{"14", []vec{centroid(d.works[0].ring), polar(640, 62), hub, polar(900, 214), centroid(d.works[1].ring)}},
	}
	stops := newPoints()
	for i, p := range plans {
		route := d.routeVia(p.via)
		if len(route) < 2 {
			continue
		}
		l := BusLine{ID: "line-" + p.number, Number: p.number, Color: busColors[i], Cat: i, Round: p.number == "3", route: route}
		l.dist = make([]float64, len(route))
		for k := 1; k < len(route); k++ {
			l.dist[k] = l.dist[k-1] + math.Round(route[k].dist(route[k-1])*100)/100
		}
		d.placeStops(&l, stops, len(d.city.BusLines))
		l.timetable()
		first, last := d.city.BusStops[l.Stops[0]].Name, d.city.BusStops[l.Stops[len(l.Stops)-1]].Name
		l.Name = Names{first.FR + " – " + last.FR, first.NL + " – " + last.NL, first.EN + " – " + last.EN}
		if l.Round {
			l.Name = Names{"Circulaire", "Ringlijn", "Circle line"}
		}
		l.Shape = d.city.turn.lines([][]vec{route})
		d.city.BusLines = append(d.city.BusLines, l)
	}
	d.busFleet()
}

// busFleet gives each line its buses, 60 in all, by the length of its round.
func (d *draft) busFleet() {
	const fleet = 60
	var total float64
	for i := range d.city.BusLines {
		total += d.city.BusLines[i].round()
	}
	left, done := fleet, 0.0
	for i := range d.city.BusLines {
		done += d.city.BusLines[i].round()
		n := int(math.Round(fleet*done/total)) - (fleet - left)
		for k := range n {
			// the order in which they start in the morning spreads over the round
			rank := float64(k*7%n) / float64(n)
			if n%7 == 0 {
				rank = float64(k*5%n) / float64(n)
			}
			d.city.Buses = append(d.city.Buses, Bus{ID: fmt.Sprintf("bus-%d", 4001+len(d.city.Buses)), Line: i, rank: rank, slot: float64(k) / float64(n)})
		}
		left -= n
	}
}

// placeStops puts a stop about every 380 metres, and shares those of other
// lines that lie on the way.
func (d *draft) placeStops(l *BusLine, known *points, line int) {
	total := l.dist[len(l.dist)-1]
	n := int(math.Round(total / 390))
	used := map[string]bool{}
	for k := 0; k <= n; k++ {
		if l.Round && k == n {
			l.Stops, l.stopAt = append(l.Stops, l.Stops[0]), append(l.stopAt, total)
			return
		}
		at := total * float64(k) / float64(n)
		p, _ := along(l.route, at)
		p = q(p)
		i := known.nearest(p, 110)
		if i >= 0 {
			_, off, pos := nearestOnLine(known.list[i], l.route)
			if off < 25 && (len(l.stopAt) == 0 || pos > l.stopAt[len(l.stopAt)-1]+120) && pos < total-5 && k > 0 && k < n {
				at = math.Round(pos*100) / 100
			} else if off >= 25 {
				i = -1
			}
			if len(l.Stops) > 0 && l.Stops[len(l.Stops)-1] == i {
				continue
			}
		}
		if i < 0 {
			i = len(d.city.BusStops)
			known.add(p)
			d.city.BusStops = append(d.city.BusStops, BusStop{ID: fmt.Sprintf("stop-%03d", i+1), Name: d.stopName(p, used), At: d.city.turn.point(p)})
		}
		used[d.city.BusStops[i].Name.FR] = true
		if ls := d.city.BusStops[i].Lines; len(ls) == 0 || ls[len(ls)-1] != line {
			d.city.BusStops[i].Lines = append(ls, line)
		}
		l.Stops, l.stopAt = append(l.Stops, i), append(l.stopAt, at)
	}
}

// stopName is the landmark nearby, else the side street, else the street.
func (d *draft) stopName(p vec, used map[string]bool) Names {
	for i, k := range d.known {
		if n := d.city.Landmarks[i].Name; k.at.dist(p) < 150 && !used[n.FR] {
			return n
		}
	}
	best, name := 170.0, Names{}
	for i, e := range d.net.edges {
		if s := d.street[i]; s >= 0 && e.class <= minor && e.class != motorway {
			m, _ := nearestOnSegment(p, d.net.nodes[e.a], d.net.nodes[e.b])
			l := m.dist(p)
			if e.class == main {
				l += 60
			}
			if n := d.strokes[s].name; l < best && !used[n.FR] {
				best, name = l, n
			}
		}
	}
	if name.FR == "" {
		return Names{"Terminus", "Eindhalte", "Terminus"}
	}
	return name
}

// routeVia is the way along streets through the given places.
func (d *draft) routeVia(via []vec) []vec {
	var ids []int32
	nodes := make([]int32, len(via))
	for i, p := range via {
		best := math.Inf(1)
		for e := range d.net.edges {
			ed := d.net.edges[e]
			if ed.class == main {
				if l := d.net.nodes[ed.a].dist(p); l < best && !d.wet(d.net.nodes[ed.a], 12) {
					best, nodes[i] = l, ed.a
				}
			}
		}
	}
	for i := 1; i < len(nodes); i++ {
		part := d.path(nodes[i-1], nodes[i])
		if part == nil {
			return nil
		}
		if i > 1 {
			part = part[1:]
		}
		ids = append(ids, part...)
	}
	// a spur to a waypoint and back is cut off
	for i := 1; i+1 < len(ids); {
		if ids[i-1] == ids[i+1] {
			ids = append(ids[:i], ids[i+2:]...)
			i = max(1, i-1)
		} else {
			i++
		}
	}
	out := make([]vec, len(ids))
	for i, v := range ids {
		out[i] = d.net.nodes[v]
	}
	return out
}

// path is the cheapest way between two nodes; great roads cost less, the
// motorway is closed to buses.
func (d *draft) path(from, to int32) []int32 {
	cost := make([]float64, len(d.net.nodes))
	prev := make([]int32, len(d.net.nodes))
	for i := range cost {
		cost[i], prev[i] = math.Inf(1), -1
	}
	cost[from] = 0
	h := &nodeHeap{{from, 0}}
	for h.Len() > 0 {
		top := heap.Pop(h).(nodeCost)
		if top.node == to {
			break
		}
		if top.cost > cost[top.node] {
			continue
		}
		for _, e := range d.net.at[top.node] {
			ed := d.net.edges[e]
			f := 0.0
			switch ed.class {
			case main:
				f = 1
			case minor:
				f = 2.1
			default:
				continue
			}
			o := ed.other(top.node)
			c := top.cost + math.Round(d.net.nodes[ed.a].dist(d.net.nodes[ed.b])*f*64)/64
			if c < cost[o] {
				cost[o], prev[o] = c, top.node
				heap.Push(h, nodeCost{o, c})
			}
		}
	}
	if prev[to] < 0 {
		return nil
	}
	var out []int32
	for v := to; v >= 0; v = prev[v] {
		out = append(out, v)
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

type nodeCost struct {
	node int32
	cost float64
}

type nodeHeap []nodeCost

func (h nodeHeap) Len() int { return len(h) }
func (h nodeHeap) Less(i, j int) bool {
	if h[i].cost != h[j].cost {
		return h[i].cost < h[j].cost
	}
	return h[i].node < h[j].node
}
func (h nodeHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *nodeHeap) Push(x any)   { *h = append(*h, x.(nodeCost)) }
func (h *nodeHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
