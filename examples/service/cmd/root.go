// Package cmd is the command line.
package cmd

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/org/service/internal/greeting"
	"github.com/org/service/internal/server"
)

// New returns the root command with all its subcommands.
func New() *cobra.Command {
	root := &cobra.Command{
		Use:          "service",
		Short:        "Greets over gRPC",
		SilenceUsage: true,
	}
	root.AddCommand(newGreet(), newServe())
	return root
}

func newGreet() *cobra.Command {
	var language string
	command := &cobra.Command{
		Use:   "greet NAME",
		Short: "Prints one greeting",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			text, err := greeting.For(language, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), text)
			return err
		},
	}
	command.Flags().StringVar(&language, "language", "en", "en, de or fr")
	return command
}

func newServe() *cobra.Command {
	settings := viper.New()
	settings.SetEnvPrefix("service")
	settings.AutomaticEnv()
	command := &cobra.Command{
		Use:   "serve",
		Short: "Serves gRPC and metrics until it is stopped",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			logger, err := zap.NewProduction()
			if err != nil {
				return err
			}
			defer func() { _ = logger.Sync() }()
			return serve(command, settings.GetString("grpc"), settings.GetString("metrics"), logger)
		},
	}
	command.Flags().String("grpc", "127.0.0.1:7001", "address for gRPC; also SERVICE_GRPC")
	command.Flags().String("metrics", "127.0.0.1:7002", "address for /metrics; also SERVICE_METRICS")
	cobra.CheckErr(settings.BindPFlags(command.Flags()))
	return command
}

func serve(command *cobra.Command, grpcAddress, metricsAddress string, logger *zap.Logger) error {
	registry := prometheus.NewRegistry()
	service := server.New(registry, logger)
	listener, err := net.Listen("tcp", grpcAddress)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	metrics := &http.Server{Addr: metricsAddress, Handler: mux}

	group, ctx := errgroup.WithContext(command.Context())
	group.Go(func() error { return service.Serve(listener) })
	group.Go(func() error {
		if err := metrics.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		service.GracefulStop()
		return metrics.Close()
	})
	return group.Wait()
}
