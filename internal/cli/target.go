package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/beffroi/beffroi/internal/app"
	"github.com/beffroi/beffroi/internal/config"
	"github.com/beffroi/beffroi/internal/problem"
	"github.com/beffroi/beffroi/internal/store/embedded"
)

// target is where a command works: on a data folder that no server has open,
// or on a running server.
type target struct {
	data, url, tokenFile, ca string
}

func (t *target) flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&t.data, "data", "", "data folder, of a server that is stopped")
	fl.StringVar(&t.url, "url", "", "address of a running server, such as http://127.0.0.1:8080")
	fl.StringVar(&t.tokenFile, "token-file", "", "file with a token for --url (or set BEFFROI_TOKEN)")
	fl.StringVar(&t.ca, "cacert", "", "certificate (PEM) to trust for --url, such as DATA/tls/self-signed.pem")
	cmd.MarkFlagsMutuallyExclusive("data", "url")
}

// open opens the data folder. Its error names the address of the server that
// has it open, if one has.
func (t *target) open() (*embedded.Store, error) {
	cfg := config.Default()
	cfg.Store.Dir = t.data
	dir, err := app.Dir(cfg, app.MadeByCity)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, usage(fmt.Errorf("there is no data folder %s; name one with --data, or a running server with --url", dir))
	}
	return embedded.Open(embedded.Options{Dir: dir, MadeBy: app.MadeByCity})
}

// openOrMake is open for commands that may begin a folder; synthetic marks a
// new one.
func (t *target) openOrMake(synthetic bool) (*embedded.Store, error) {
	cfg := config.Default()
	cfg.Store.Dir = t.data
	dir, err := app.Dir(cfg, app.MadeByCity)
	if err != nil {
		return nil, err
	}
	return embedded.Open(embedded.Options{Dir: dir, MadeBy: app.MadeByCity, Synthetic: synthetic})
}

func unmarshal(r io.Reader, v any) error {
	return json.UnmarshalRead(r, v, json.MatchCaseInsensitiveNames(true))
}

// client asks a running server.
type client struct {
	base, token string
	http        *http.Client
}

func (t *target) client() (*client, error) {
	u, err := url.Parse(t.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usage(fmt.Errorf("--url %q is not an address such as http://127.0.0.1:8080", t.url))
	}
	c := &client{base: strings.TrimRight(t.url, "/"), token: os.Getenv("BEFFROI_TOKEN"), http: &http.Client{}}
	if t.tokenFile != "" {
		b, err := os.ReadFile(t.tokenFile)
		if err != nil {
			return nil, usage(fmt.Errorf("--token-file: %w", err))
		}
		c.token = strings.TrimSpace(string(b))
	}
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.ResponseHeaderTimeout = 5 * time.Minute // no limit for the whole: exports and backups are as long as the city is large
	if t.ca != "" {
		b, err := os.ReadFile(t.ca)
		if err != nil {
			return nil, usage(fmt.Errorf("--cacert: %w", err))
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(b) {
			return nil, usage(fmt.Errorf("--cacert: %s holds no certificate", t.ca))
		}
		tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	c.http.Transport = tr
	return c, nil
}

// do sends a request with a JSON body (nil for none) and reads the answer into
// out (nil to drop it). A problem document becomes an error with its detail.
func (c *client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	res, err := c.send(ctx, method, path, "application/json", body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		return nil
	}
	return json.UnmarshalRead(res.Body, out)
}

// send sends a request and gives the answer if it is a success.
func (c *client) send(ctx context.Context, method, path, mediaType string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", mediaType)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, fmt.Errorf("ask %s: %w", c.base, err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", c.base, err)
	}
	var p struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(b, &p); err != nil || p.Title == "" {
		return nil, fmt.Errorf("%s answered %s", c.base, res.Status)
	}
	kind := problem.Unavailable
	if res.StatusCode == http.StatusUnauthorized {
		p.Detail += "; give one with --token-file or BEFFROI_TOKEN"
	}
	return nil, problem.New(kind, "%s: %s", p.Title, p.Detail)
}
