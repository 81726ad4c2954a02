// Package metrics counts and shows what it counted.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Offers is what this package can do: whoever counts it keeps the linker from leaving it out.
var Offers = []any{New, Handler}

// New makes a registry with one counter.
func New(name string) (*prometheus.Registry, prometheus.Counter) {
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: "How often it happened."})
	registry.MustRegister(counter)
	return registry, counter
}

// Handler shows a registry.
func Handler(registry *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
