package synth

// City is a whole invented city: what stands in it and what moves in it. It is
// made by Plan, never changes afterwards and may be read by many at once.
// All places are WGS 84, rounded to 7 decimals (about a centimetre).
type City struct {
	Seed   uint64
	Name   Names
	River  Names
	Centre Point
	Bounds [4]float64 // west, south, east, north

	Districts    []Area
	Quarters     []Area
	Landuse      []Area
	Parks        []Area
	Squares      []Area
	Waters       []Area // river, canal, dock, ponds, moat
	Streets      []Street
	Rails        []Rail
	Buildings    []Building
	Landmarks    []Landmark
	Trees        []Tree
	BusLines     []BusLine
	BusStops     []BusStop
	Buses        []Bus
	BikeStations []BikeStation
	CarParks     []CarPark
	Counters     []Counter
	Sensors      []Sensor

	turn frameTurn
}

// Area is a district, quarter, park, square, water or stretch of land use.
type Area struct {
	ID    string // slug, unique in its kind and stable for a seed
	Name  Names  // empty for what has no name
	Kind  string // such as "residential", "park", "cemetery", "river", "dock"
	Shape Shape
	Label Point // a good place for the name, inside the shape
	Of    int   // the district of a quarter, the quarter of others; -1 none
}

// Street is one named street with all its pieces.
type Street struct {
	ID       string
	Name     Names
	Class    string // motorway, main, minor or path
	Detail   string // ring, avenue, route, quay, residential, living, service, track, footway
	Shape    Shape  // LineString or MultiLineString
	WidthM   float64
	LengthM  float64
	Lanes    int
	SpeedKmh int
	OneWay   bool // in the direction of the line
	Quarter  int  // -1 none
}

// Rail is a railway track.
type Rail struct {
	ID    string
	Name  Names
	Kind  string // main or freight
	Shape Shape
}

// Building is a building, or one part of a great one: parts of a tower stand on
// one another, each with its own BaseM.
type Building struct {
	ID       string
	Kind     string // house, apartments, office, industrial, outbuilding, farm, school, church, ...
	Ring     []Point
	HeightM  float64 // of the roof above the ground
	BaseM    float64 // of the underside above the ground; 0 but for parts of towers
	Levels   int
	Landmark int // index into Landmarks, -1 for the others
	Address  Address
	Quarter  int // -1 none
	YearOf   int // year of construction
}

// Address is where a building is entered. A building without a street has none.
type Address struct {
	Street   int // index into Streets, -1 none
	Number   int
	PostCode string
	Door     Point
}

// Landmark is a building that people know by its name.
type Landmark struct {
	ID   string
	Name Names
	Kind string // belfry, cathedral, station, theatre, fort, museum, townhall, university, hospital, court, church, school
	At   Point
}

// Tree is one tree.
type Tree struct {
	ID      string
	At      Point
	HeightM float64
	Species string // botanical name
	Name    Names  // common name
}

// BusLine is a line with its way, from one end to the other; a round line ends
// where it starts.
type BusLine struct {
	ID     string
	Number string
	Name   Names
	Color  string // #RRGGBB
	Cat    int    // 0 to 7, place in the categorical palette of the map
	Shape  Shape
	Stops  []int // indices into BusStops
	Round  bool

	route  []vec
	dist   []float64 // metres from the start, for each point of route
	stopAt []float64 // metres from the start, for each stop
	arrive []float64 // seconds after the start, for each stop
	depart []float64
}

// BusStop is a stop, both directions together.
type BusStop struct {
	ID    string
	Name  Names
	At    Point
	Lines []int
}

// Bus is a vehicle. It serves one line.
type Bus struct {
	ID   string // such as "bus-4021"
	Line int
	rank float64 // 0 first on the line to start in the morning, 1 last
	slot float64 // share of the line's round by which it goes ahead
}

// BikeStation is a station of the shared bikes.
type BikeStation struct {
	ID       string // "1" to "80", as the operator numbers them
	Name     Names
	Address  string
	At       Point
	Capacity int
	tide     float64 // how much it fills at night (positive: homes) or by day
	leisure  float64
	base     float64 // usual share of docks with a bike
}

// CarPark is a public car park.
type CarPark struct {
	ID       string
	Name     Names
	Kind     string // centre, station, hospital, parkride, shopping
	At       Point
	Capacity int
	Street   int
}

// Counter counts traffic across one carriageway in one direction.
type Counter struct {
	ID          string // as the operator names it, such as "CLB_104"
	Name        Names
	Street      int
	At          Point
	HeadingDeg  int // compass direction of the traffic
	Lanes       int
	Class       string
	FreeKmh     float64
	CapacityVeh float64 // vehicles an hour before it jams
	volume      float64 // vehicles a day on a usual working day
	inbound     float64 // -1 out of town, 1 into town
	bikes       float64 // bicycles a day
}

// Sensor is a station for air quality, noise or weather.
type Sensor struct {
	ID      string
	Kind    string // air, noise, weather
	Name    Names
	Site    string // traffic or background
	At      Point
	DevEUI  string  // 16 hexadecimal digits, of an invented maker
	traffic float64 // 0 quiet to 1 beside a great road
	town    float64 // 0 country to 1 dense
}
