package objects

import (
	"context"
	"testing"
)

func TestRegion(t *testing.T) {
	client, err := Connect(context.Background(), "eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	if region := client.Options().Region; region != "eu-central-1" {
		t.Fatalf("the region is %s", region)
	}
}
