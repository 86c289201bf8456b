package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/beffroi/beffroi/internal/access"
	"github.com/beffroi/beffroi/internal/api/httpx"
	"github.com/beffroi/beffroi/internal/problem"
)

// listen takes the ports, so that one in use is told before anything else.
func (a *App) listen() error {
	var err error
	if a.httpLn, err = listenOn("server.addr (--addr)", a.cfg.Server.Addr); err != nil {
		return err
	}
	mqttAddr, mqttLocal := "", false
	if a.cfg.MQTT.Addr != "off" {
		if a.mqttLn, err = listenOn("mqtt.addr (--mqtt)", a.cfg.MQTT.Addr); err != nil {
			return err
		}
		mqttAddr, mqttLocal = a.mqttLn.Addr().String(), httpx.IsLoopback(a.mqttLn.Addr())
	}
	a.settings = access.Settings{PublicURL: a.cfg.Server.PublicURL, Always: a.cfg.Server.Auth == "always",
		HTTP: a.httpLn.Addr().String(), HTTPLocal: httpx.IsLoopback(a.httpLn.Addr()), MQTT: mqttAddr, MQTTLocal: mqttLocal}
	return nil
}

func listenOn(key, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, err, "cannot listen on %s: %s; another process may have it, choose another %s", addr, reason(err), key)
	}
	return l, nil
}

// reason gives the plain cause of a network error.
func reason(err error) string {
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		return sys.Err.Error()
	}
	return err.Error()
}

// useTLS reports whether HTTP speaks TLS: off loopback, unless that was
// switched off.
func (a *App) useTLS() bool {
	return a.cfg.Server.TLSCert != "" || !a.settings.HTTPLocal && !a.cfg.Server.InsecurePlain
}

func (a *App) mqttTLS() bool {
	return a.mqttLn != nil && (a.cfg.Server.TLSCert != "" && !a.settings.MQTTLocal || !a.settings.MQTTLocal && !a.cfg.Server.InsecurePlain)
}

// buildTLS makes what the listeners speak with, once: two that make a
// certificate at the same time would each spoil the other's.
func (a *App) buildTLS() (err error) {
	if !a.useTLS() && !a.mqttTLS() {
		return nil
	}
	a.tls, a.fingerprint, err = a.tlsConfig()
	return err
}

// tlsConfig gives the certificate that is configured, or a self-signed one
// that is kept in the data folder; fingerprint is "" for the former.
func (a *App) tlsConfig() (_ *tls.Config, fingerprint string, err error) {
	certFile, keyFile := a.cfg.Server.TLSCert, a.cfg.Server.TLSKey
	if certFile == "" {
		dir := filepath.Join(a.cfg.Store.Dir, "tls")
		certFile, keyFile = filepath.Join(dir, "self-signed.pem"), filepath.Join(dir, "self-signed.key")
		if err := selfSigned(dir, certFile, keyFile, time.Now()); err != nil {
			return nil, "", err
		}
	}
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		if a.cfg.Server.TLSCert == "" {
			return nil, "", problem.Wrap(problem.Unavailable, err, "the self-signed certificate %s and its key do not fit: %v; delete both, and new ones are made", certFile, err)
		}
		return nil, "", &mistake{fmt.Errorf("server.tls_cert %s, server.tls_key %s: %w", certFile, keyFile, err)}
	}
	if a.cfg.Server.TLSCert == "" {
		sum := sha256.Sum256(cert.Certificate[0])
		fingerprint = hex.EncodeToString(sum[:])
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, fingerprint, nil
}

// selfSigned makes a certificate for the machine's names and addresses, unless
// there is one that holds for another week.
func selfSigned(dir, certFile, keyFile string, now time.Time) error {
	if b, err := os.ReadFile(certFile); err == nil {
		if block, _ := pem.Decode(b); block != nil {
			if c, err := x509.ParseCertificate(block.Bytes); err == nil && c.NotAfter.After(now.Add(7*24*time.Hour)) {
				return nil
			}
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	t := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "beffroi (self-signed)"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, DNSNames: []string{"localhost"}}
	if host, err := os.Hostname(); err == nil {
		t.DNSNames = append(t.DNSNames, host)
	}
	if addrs, err := net.InterfaceAddrs(); err == nil {
		for _, x := range addrs {
			if n, ok := x.(*net.IPNet); ok {
				t.IPAddresses = append(t.IPAddresses, n.IP)
			}
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	priv, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	for file, block := range map[string]*pem.Block{keyFile: {Type: "PRIVATE KEY", Bytes: priv}, certFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			return fmt.Errorf("keep the certificate: %w", err)
		}
	}
	return nil
}

func (a *App) serveHTTP(ctx context.Context) error {
	s := &httpx.Server{Handler: a.mux, Log: a.log}
	if a.useTLS() {
		s.TLS = a.tls.Clone()
	}
	return s.Run(ctx, a.httpLn)
}
