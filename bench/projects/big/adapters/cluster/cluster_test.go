package cluster

import "testing"

func TestConnectWithoutFile(t *testing.T) {
	if _, err := Connect("testdata/missing"); err == nil {
		t.Fatal("there is no such file")
	}
}
