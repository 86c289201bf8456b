// Package kill ends a beffroi that is being written to, again and again, and
// looks at what is left.
//
// It is for the promise that an acknowledgement means "on disk", and that
// nothing is shown before it is. It does not prove that a sync survives a power
// cut: the machine stays up. What always holds: every round is drawn from a
// printed seed, and the judge of what is left has tests of its own.
package kill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/beffroi/beffroi/test/process"
)

// minimum is how many writes a second the stream must carry when the kill falls.
const minimum = 500

// flow lets the stream run for at least the given time, and on until a quarter
// of a second carried enough writes, since a machine that is busy with
// other things may stall it. It returns their rate, by the second; after half
// a minute whatever it is.
func (l *ledger) flow(atLeast time.Duration) float64 {
	const window = 250 * time.Millisecond
	began := time.Now()
	start, acked := began, l.acks()
	for {
		time.Sleep(window)
		now, total := time.Now(), l.acks()
		rate := float64(total-acked) / now.Sub(start).Seconds()
		if took := now.Sub(began); took >= atLeast && rate >= minimum || took > 30*time.Second {
			return rate
		}
		start, acked = now, total
	}
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is not a number", name, text)
	}
	return n
}

func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or two")
	}
	binary := process.Build(t)
	rounds := int(number(t, "BEFFROI_KILL_ROUNDS", 20))
	seed := number(t, "BEFFROI_KILL_SEED", rand.Uint64())
	t.Logf("%d rounds, BEFFROI_KILL_SEED=%d", rounds, seed)

	// A city of its own for every twenty rounds: history stays short enough to
	// be compared whole each time.
	for first := 0; first < rounds; first += 20 {
		t.Run(fmt.Sprintf("from round %d", first), func(t *testing.T) {
			playCity(t, binary, rand.New(rand.NewPCG(seed, uint64(first))), min(20, rounds-first))
		})
	}
}

// playCity begins with an empty folder and plays some rounds on it.
func playCity(t *testing.T, binary string, r *rand.Rand, rounds int) {
	dir := t.TempDir()
	srv := &process.Server{Binary: binary, Dir: filepath.Join(dir, "data"), MQTT: process.FreePort(t), Args: []string{"--config", configure(t, dir)}}
	defer srv.Kill()
	st := &stream{mqtt: srv.MQTT, ledger: newLedger()}
	for i := range cycleWriters {
		st.cycles = append(st.cycles, &cycle{id: entityID("cycle", i)})
	}
	if err := srv.Start(nil); err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		playRound(t, srv, st, r, round)
		if t.Failed() {
			t.Fatalf("round %d\n%s", round, srv.Log)
		}
	}
	cleanStop(t, srv, st)
}

// cleanStop asks the server to stop, starts it again, and compares once more.
func cleanStop(t *testing.T, srv *process.Server, st *stream) {
	t.Helper()
	if status, err := srv.Terminate(); err != nil || status != 0 {
		t.Errorf("exit status %d after SIGTERM, %v\n%s", status, err, srv.Log)
	}
	if err := srv.Start(nil); err != nil {
		t.Fatal(err)
	}
	st.base = srv.Base
	if _, err := st.verify(t.Context()); err != nil {
		t.Error(err)
	}
	for _, p := range st.ledger.trouble() {
		t.Error(p)
	}
}

// playRound streams, kills, starts again (sometimes killing the start as
// well), and compares.
func playRound(t *testing.T, srv *process.Server, st *stream, r *rand.Rand, round int) {
	st.base = srv.Base
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := time.Now()
	done := st.run(ctx, r.Uint64(), nil)
	rate := st.ledger.flow(300*time.Millisecond + time.Duration(r.Int64N(int64(900*time.Millisecond))))
	time.Sleep(time.Duration(r.Int64N(int64(100 * time.Millisecond)))) // not in step with flow
	inFlight := st.ledger.inFlight()
	took := time.Since(began)
	srv.Kill()
	cancel()
	done.Wait()

	t.Logf("round %2d: killed after %4d ms, %5.0f writes/s, %3d in flight", round, took.Milliseconds(), rate, inFlight)
	if rate < minimum {
		t.Errorf("only %.0f writes/s, %d are wanted; last refusal: %v", rate, minimum, st.lastNo.Load())
	}
	if inFlight == 0 {
		t.Error("nothing was in flight when the kill fell")
	}
	if n := st.refused.Load(); n > 0 {
		t.Errorf("%d writes or reads were refused, the last: %v", n, st.lastNo.Load())
	}

	if r.IntN(4) == 0 {
		killedStart(t, srv, r)
	}
	if err := srv.Start(nil); err != nil {
		t.Fatal(err)
	}
	st.base = srv.Base
	again, err := st.verify(t.Context())
	if err != nil {
		t.Error(err)
	}
	st.again = again
	for _, p := range st.ledger.trouble() {
		t.Error(p)
	}
}

// killedStart starts the server and kills it before it has come up, or just
// after.
func killedStart(t *testing.T, srv *process.Server, r *rand.Rand) {
	stop := make(chan struct{})
	wait := time.Duration(r.Int64N(int64(150 * time.Millisecond)))
	time.AfterFunc(wait, func() { close(stop) })
	err := srv.Start(stop)
	select {
	case <-stop:
	default:
		if err != nil {
			t.Fatal(err)
		}
	}
	srv.Kill()
	t.Logf("          and once more %v into its start", wait)
}
