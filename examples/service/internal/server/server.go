// Package server puts greetings behind gRPC.
package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/org/service/internal/greeting"
)

// Method is the full name of the one call: a name goes in, a greeting comes out.
const Method = "/org.service.Greeter/Greet"

// New returns a server that greets, answers health checks, and counts its calls in the registry.
func New(registry prometheus.Registerer, logger *zap.Logger) *grpc.Server {
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "service_calls_total",
		Help: "Calls by method and result.",
	}, []string{"method", "code"})
	registry.MustRegister(calls)

	server := grpc.NewServer(
		grpc.StatsHandler(otelgrpc.NewServerHandler()),
		grpc.UnaryInterceptor(count(calls, logger)),
	)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	server.RegisterService(&description, greeter{})
	return server
}

func count(calls *prometheus.CounterVec, logger *zap.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		response, err := handle(ctx, request)
		code := status.Code(err)
		calls.WithLabelValues(info.FullMethod, code.String()).Inc()
		logger.Debug("call", zap.String("method", info.FullMethod), zap.Stringer("code", code))
		return response, err
	}
}

type greeter struct{}

type greets interface {
	greet(context.Context, *wrapperspb.StringValue) (*wrapperspb.StringValue, error)
}

func (greeter) greet(_ context.Context, name *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
	if name.GetValue() == "" {
		return nil, status.Error(codes.InvalidArgument, "whom shall I greet?")
	}
	text, err := greeting.For("en", name.GetValue())
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return wrapperspb.String(text), nil
}

// Written by hand: with two well-known messages there is nothing to generate.
var description = grpc.ServiceDesc{
	ServiceName: "org.service.Greeter",
	HandlerType: (*greets)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Greet",
		Handler: func(service any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			name := &wrapperspb.StringValue{}
			if err := decode(name); err != nil {
				return nil, err
			}
			info := &grpc.UnaryServerInfo{Server: service, FullMethod: Method}
			return intercept(ctx, name, info, func(ctx context.Context, request any) (any, error) {
				return service.(greets).greet(ctx, request.(*wrapperspb.StringValue))
			})
		},
	}},
}
