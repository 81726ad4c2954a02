// Command service greets over gRPC and tells Prometheus how often it did.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/org/service/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := cmd.New().ExecuteContext(ctx)
	stop()
	if err != nil {
		os.Exit(1)
	}
}
