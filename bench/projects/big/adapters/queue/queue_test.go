package queue

import "testing"

func TestRegion(t *testing.T) {
	if region := Connect("eu-central-1").Options().Region; region != "eu-central-1" {
		t.Fatalf("the region is %s", region)
	}
}
