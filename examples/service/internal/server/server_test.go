package server

import (
	"context"
	"net"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zaptest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// connect starts a server in memory: the tests need no network.
func connect(t *testing.T) (*grpc.ClientConn, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	service := New(registry, zaptest.NewLogger(t))
	listener := bufconn.Listen(1 << 16)
	go func() { _ = service.Serve(listener) }()
	t.Cleanup(service.Stop)
	dial := func(context.Context, string) (net.Conn, error) { return listener.Dial() }
	connection, err := grpc.NewClient(
		"passthrough:///memory",
		grpc.WithContextDialer(dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
	)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return connection, registry
}

func TestGreetAndCount(t *testing.T) {
	connection, registry := connect(t)
	answer := &wrapperspb.StringValue{}
	require.NoError(t, connection.Invoke(t.Context(), Method, wrapperspb.String("Ada"), answer))
	assert.Equal(t, "Hello, Ada!", answer.GetValue())

	err := connection.Invoke(t.Context(), Method, wrapperspb.String(""), answer)
	assert.Equal(t, codes.InvalidArgument, status.Code(err))

	count, err := testutil.GatherAndCount(registry, "service_calls_total")
	require.NoError(t, err)
	assert.Equal(t, 2, count)
}

func TestHealth(t *testing.T) {
	connection, _ := connect(t)
	client := grpc_health_v1.NewHealthClient(connection)
	answer, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	require.NoError(t, err)
	assert.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, answer.GetStatus())
}
