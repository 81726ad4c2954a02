package faults

import (
	"errors"
	"testing"
)

func TestIn(t *testing.T) {
	if text := In("here", errors.New("it broke")).Error(); text != "here: it broke" {
		t.Fatal(text)
	}
}
