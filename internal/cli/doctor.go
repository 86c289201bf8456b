package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/app"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/connect"
	"github.com/beffroi/beffroi/internal/identity"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// grade is how bad a finding is.
type grade int

// The grades.
const (
	good grade = iota
	watchOut
	broken
)

var gradeWords = [...]string{"ok", "attention", "broken"}

// finding is one thing that doctor looked at.
type finding struct {
	grade grade
	what  string // what was looked at
	says  string // what was found
	mend  string // how to mend it; "" if it is well
}

func newDoctor(s Streams) *cobra.Command {
	var f settings
	var t target
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what is wrong, and say how to mend it",
		Long: `Look at the configuration, the data folder, the disk, the clock, the ports, the
certificate, the mappings and
who can write now; each finding comes with its mend. With --url it looks at a
running server instead. The exit status is 1 if something is broken.`,
		Example: `  beffroi doctor --data ./city`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var fs []finding
			if t.url != "" {
				c, err := t.client()
				if err != nil {
					return err
				}
				fs = examineServer(cmd.Context(), c)
			} else {
				cfg, err := f.load(cmd)
				fs = examine(cmd.Context(), cfg, err)
			}
			return report(s.Out, fs)
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.file, "config", "", "configuration `FILE` (TOML)")
	cmd.Flags().StringVar(&t.url, "url", "", "address of a running server")
	cmd.Flags().StringVar(&t.tokenFile, "token-file", "", "file with a token for --url (or set BEFFROI_TOKEN)")
	cmd.Flags().StringVar(&t.ca, "cacert", "", "certificate (PEM) to trust for --url")
	cmd.MarkFlagsMutuallyExclusive("data", "url")
	return cmd
}

func report(w io.Writer, fs []finding) error {
	bad := 0
	for _, f := range fs {
		if _, err := fmt.Fprintf(w, "%-9s  %s: %s\n", gradeWords[f.grade], f.what, f.says); err != nil {
			return err
		}
		if f.mend != "" {
			fmt.Fprintf(w, "%-9s  mend: %s\n", "", f.mend)
		}
		if f.grade == broken {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d findings are broken", bad, len(fs))
	}
	return nil
}

// examine looks at what a server would be started with.
func examine(ctx context.Context, cfg config.Config, loadErr error) []finding {
	if loadErr != nil {
		return []finding{{broken, "configuration", loadErr.Error(), "correct what it names; beffroi serve --help and docs/howto/configuration.md list what there is"}}
	}
	fs := []finding{{good, "configuration", "it can be read", ""}}
	dir, err := app.Dir(cfg, app.MadeByCity)
	if err != nil {
		return append(fs, finding{broken, "data folder", err.Error(), "name one with --data"})
	}
	folder, accounts := examineFolder(ctx, dir)
	fs = append(fs, folder...)
	fs = append(fs, examineDisk(dir, int64(cfg.Store.FreeFloor)), examineClock(time.Now()))
	fs = append(fs, examinePort("server.addr", cfg.Server.Addr))
	if cfg.MQTT.Addr != "off" {
		fs = append(fs, examinePort("mqtt.addr", cfg.MQTT.Addr))
	}
	if cfg.Server.TLSCert != "" {
		fs = append(fs, examineCertificate(cfg.Server.TLSCert, cfg.Server.TLSKey, time.Now()))
	}
	fs = append(fs, examineMappings(cfg.Connect.Mappings)...)
	return append(fs, examineWriters(cfg, accounts))
}

// examineFolder looks at the data folder; accounts is how many may write, -1
// if that could not be found out.
func examineFolder(ctx context.Context, dir string) (fs []finding, accounts int) {
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		return []finding{{good, "data folder", dir + " is not there yet; serve makes it", ""}}, 0
	}
	if err != nil {
		return []finding{{broken, "data folder", err.Error(), "check the path and its permissions, or name another one with --data"}}, -1
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		fs = append(fs, finding{watchOut, "data folder", fmt.Sprintf("%s can be read by others (mode %04o)", dir, mode), "chmod 700 " + dir})
	}
	st, err := embedded.Open(embedded.Options{Dir: dir, MadeBy: app.MadeByCity})
	if err != nil {
		if strings.Contains(told(err), "use") && problem.Is(err, problem.Unavailable) {
			return append(fs, finding{watchOut, "data folder", told(err), "if that is the server you mean, look at it with --url"}), -1
		}
		return append(fs, finding{broken, "data folder", told(err), "see the message; a backup can be restored with beffroi restore"}), -1
	}
	defer func() {
		if err := st.Close(); err != nil {
			fs = append(fs, finding{broken, "data folder", err.Error(), "check the disk"})
		}
	}()
	h := st.Header()
	says := fmt.Sprintf("%s, format %d, made by %s", dir, h.Format, h.MadeBy)
	if h.Synthetic {
		says += ", synthetic data"
	}
	if stats, err := st.Stats(ctx); err == nil {
		says += fmt.Sprintf("; %d entities, %d MiB", stats.Entities, stats.DiskBytes>>20)
	}
	fs = append(fs, finding{good, "data folder", says, ""})
	ids, err := identity.Open(ctx, identity.Options{Records: st})
	if err != nil {
		return append(fs, finding{broken, "accounts", err.Error(), "see the message"}), -1
	}
	return fs, ids.Writers()
}

func examineDisk(dir string, floor int64) finding {
	at := dir
	for {
		if _, err := os.Stat(at); err == nil || at == filepath.Dir(at) {
			break
		}
		at = filepath.Dir(at)
	}
	var s unix.Statfs_t
	if err := unix.Statfs(at, &s); err != nil {
		return finding{watchOut, "disk", "its free space cannot be found out: " + err.Error(), ""}
	}
	return gradeDisk(int64(s.Bavail)*int64(s.Bsize), floor)
}

func gradeDisk(free, floor int64) finding {
	says := fmt.Sprintf("%d MiB free", free>>20)
	switch {
	case free < floor:
		return finding{broken, "disk", says + fmt.Sprintf(", less than store.free_floor (%d MiB): writes are refused", floor>>20), "make room, or move the folder to a larger disk"}
	case free < 4*floor:
		return finding{watchOut, "disk", says, "make room before it falls below store.free_floor"}
	}
	return finding{good, "disk", says, ""}
}

func examineClock(now time.Time) finding {
	var tx unix.Timex
	state, err := unix.Adjtimex(&tx)
	return gradeClock(now, err == nil && (state == unix.TIME_ERROR || tx.Status&unix.STA_UNSYNC != 0))
}

func gradeClock(now time.Time, adrift bool) finding {
	switch {
	case now.Year() < 2026:
		return finding{broken, "clock", "the machine's clock says " + now.Format(time.DateTime), "set it; observation times would be wrong"}
	case adrift:
		return finding{watchOut, "clock", "the machine's clock is not synchronised", "run chrony or systemd-timesyncd"}
	}
	return finding{good, "clock", now.UTC().Format(time.RFC3339), ""}
}

func examinePort(key, addr string) finding {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		switch {
		case errors.Is(err, unix.EADDRINUSE):
			return finding{broken, key, addr + " is taken by another process", "stop that process, or choose another address"}
		case errors.Is(err, unix.EACCES):
			return finding{broken, key, addr + " needs rights that you do not have", "choose a port above 1023, or run under the systemd unit in deploy/"}
		}
		return finding{broken, key, fmt.Sprintf("%s cannot be listened on: %v", addr, err), "choose another address"}
	}
	if err := l.Close(); err != nil {
		return finding{watchOut, key, err.Error(), ""}
	}
	return finding{good, key, addr + " is free", ""}
}

// examineCertificate looks at the certificate that the server would show.
func examineCertificate(cert, key string, now time.Time) finding {
	const what = "server.tls_cert"
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return finding{broken, what, err.Error(), "name a PEM certificate with server.tls_cert and its key with server.tls_key"}
	}
	until := pair.Leaf.NotAfter
	says := fmt.Sprintf("%s is valid until %s", cert, until.UTC().Format(time.DateOnly))
	switch {
	case now.Before(pair.Leaf.NotBefore):
		return finding{broken, what, fmt.Sprintf("%s is valid only from %s", cert, pair.Leaf.NotBefore.UTC().Format(time.RFC3339)), "correct the machine's clock, or get another certificate"}
	case now.After(until):
		return finding{broken, what, fmt.Sprintf("%s ended on %s", cert, until.UTC().Format(time.DateOnly)), "renew it"}
	case until.Sub(now) < 14*24*time.Hour:
		return finding{watchOut, what, says, "renew it"}
	}
	return finding{good, what, says, ""}
}

func examineMappings(patterns []string) []finding {
	var fs []finding
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			fs = append(fs, finding{broken, "mapping " + p, "no such file", "correct connect.mappings"})
			continue
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err == nil {
				_, err = connect.Compile(text)
			}
			if err != nil {
				fs = append(fs, finding{broken, "mapping " + f, told(err), "correct the file; docs/howto/connect.md explains mappings"})
				continue
			}
			fs = append(fs, finding{good, "mapping " + f, "it compiles", ""})
		}
	}
	return fs
}

func examineWriters(cfg config.Config, accounts int) finding {
	local := func(addr string) bool {
		a, err := net.ResolveTCPAddr("tcp", addr)
		return err == nil && a.IP != nil && httpx.IsLoopback(a)
	}
	s := access.Settings{PublicURL: cfg.Server.PublicURL, Always: cfg.Server.Auth == "always", HTTP: cfg.Server.Addr, HTTPLocal: local(cfg.Server.Addr)}
	if cfg.MQTT.Addr != "off" {
		s.MQTT, s.MQTTLocal = cfg.MQTT.Addr, local(cfg.MQTT.Addr)
	}
	f := finding{good, "who can write now", s.WhoCanWrite(max(0, accounts)), ""}
	if accounts < 0 { // the folder could not be read
		says, _, _ := strings.Cut(f.says, ";")
		f.says = says + "; which accounts and tokens may write was not found out"
	}
	if accounts == 0 && (!s.LoopbackFree() || !s.HTTPLocal) {
		f.grade, f.mend = watchOut, "beffroi user add NAME --role administrator"
	}
	if cfg.Server.InsecurePlain && !s.HTTPLocal {
		f.grade, f.mend = broken, "without --insecure-plain the server makes a certificate; or put TLS into a proxy and listen on loopback (docs/howto/proxy.md)"
		f.says += "; passwords cross the network unprotected"
	}
	return f
}

// examineServer looks at a running server from outside.
func examineServer(ctx context.Context, c *client) []finding {
	var fs []finding
	for _, p := range []string{"/healthz", "/readyz"} {
		res, err := c.send(ctx, "GET", p, "", nil)
		if err != nil {
			var bad *tls.CertificateVerificationError
			mend := "is it running, and is the address right?"
			if errors.As(err, &bad) {
				mend = "give its certificate with --cacert, such as DATA/tls/self-signed.pem"
			}
			return append(fs, finding{broken, p, told(err), mend})
		}
		b, err := io.ReadAll(io.LimitReader(res.Body, 100))
		if err = errors.Join(err, res.Body.Close()); err != nil {
			return append(fs, finding{broken, p, err.Error(), ""})
		}
		fs = append(fs, finding{good, p, strings.TrimSpace(string(b)), ""})
	}
	var city struct{ Name, Now, Version string }
	res, err := c.send(ctx, "GET", "/api/city", "", nil)
	if err != nil {
		return append(fs, finding{broken, "city", told(err), ""})
	}
	defer res.Body.Close()
	if err := unmarshal(res.Body, &city); err != nil {
		return append(fs, finding{broken, "city", err.Error(), ""})
	}
	fs = append(fs, finding{good, "city", city.Name + ", version " + city.Version, ""})
	if at, err := time.Parse(time.RFC3339, city.Now); err == nil {
		if d := time.Since(at).Abs(); d > time.Minute {
			fs = append(fs, finding{watchOut, "clock", fmt.Sprintf("the city's clock differs from this machine's by %s", d.Round(time.Second)), "unless the city runs at another speed, synchronise both clocks"})
		}
	}
	return fs
}
