// Package sums tells texts apart.
package sums

import "github.com/cespare/xxhash/v2"

// Offers is what this package can do: whoever counts it keeps the linker from leaving it out.
var Offers = []any{Of}

// Of is the sum of a text.
func Of(text string) uint64 {
	return xxhash.Sum64String(text)
}
