package server

import "testing"

func TestServices(t *testing.T) {
	if _, ok := New().GetServiceInfo()["grpc.health.v1.Health"]; !ok {
		t.Fatal("the health service is missing")
	}
}
