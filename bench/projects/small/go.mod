module example.com/bench

go 1.24.0

require (
	github.com/cespare/xxhash/v2 v2.2.0
	github.com/pkg/errors v0.9.0
)
