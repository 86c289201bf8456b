package app

import (
	"fmt"
	"net"

	"github.com/beffroi/beffroi/internal/vocab"
)

// Lines gives what to print once the app answers: the line that programs wait
// for first, then what people want to know.
func (a *App) Lines() []string {
	lines := []string{"listening on " + a.listenURL()}
	if a.mqttLn != nil {
		scheme := "mqtt"
		if a.mqttTLS() {
			scheme = "mqtts"
		}
		lines = append(lines, "MQTT on "+scheme+"://"+a.mqttLn.Addr().String())
	}
	lines = append(lines, "data in "+a.cfg.Store.Dir, "who can write now: "+a.settings.WhoCanWrite(a.ids.Writers()))
	if a.fingerprint != "" {
		lines = append(lines, "self-signed certificate, SHA-256 fingerprint "+a.fingerprint)
	}
	if a.cfg.Server.InsecurePlain && !(a.settings.HTTPLocal && (a.mqttLn == nil || a.settings.MQTTLocal)) {
		lines = append(lines, "WARNING: --insecure-plain: passwords and data cross the network unprotected")
	}
	if a.o.Demo != nil {
		lines = append(lines, a.demoLines()...)
	}
	return lines
}

// listenURL is the listener's own address, whatever the public one.
func (a *App) listenURL() string {
	scheme := "http"
	if a.useTLS() {
		scheme = "https"
	}
	return scheme + "://" + a.httpLn.Addr().String()
}

func (a *App) demoLines() []string {
	u := a.URL()
	out := []string{"", "An invented city: nothing in it is real. Three things to try:",
		fmt.Sprintf("  a page     %s/", u),
		fmt.Sprintf("  curl       curl -H 'Link: <%s>; rel=\"http://www.w3.org/ns/json-ld#context\"' '%s/ngsi-ld/v1/entities?type=BikeHireDockingStation&limit=2'", vocab.CityContext, u)}
	if a.mqttLn != nil {
		host, port := splitAddr(a.mqttLn.Addr().String())
		out = append(out, fmt.Sprintf(`  MQTT       mosquitto_pub -h %s -p %s -q 1 -t try/my-balloon -m '{"lon": 3.2225, "lat": 50.6195, "level": 7}'`, host, port))
	}
	return append(out, "Ctrl-C stops it; it goes on from the same data when it is started again.")
}

func splitAddr(addr string) (host, port string) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr, ""
	}
	return host, port
}
