package sums

import "testing"

func TestOf(t *testing.T) {
	if Of("alpha") == Of("beta") {
		t.Fatal("two texts have the same sum")
	}
}
