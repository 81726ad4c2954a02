// Package server answers gRPC health checks.
package server

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// Offers is what this package can do: whoever counts it keeps the linker from leaving it out.
var Offers = []any{New}

// New makes a server that says it is well.
func New() *grpc.Server {
	server := grpc.NewServer()
	checks := health.NewServer()
	checks.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, checks)
	return server
}
