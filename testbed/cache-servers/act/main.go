// The cache server of act (github.com/nektos/act/pkg/artifactcache) for tests, without the rest of act.
//
// It serves version 1 of the cache service below a path with a secret, as the cache proxy of the Forgejo runner does
// with the number of a run.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/nektos/act/pkg/artifactcache"
)

// main says on standard output what ACTIONS_CACHE_URL is, without the slash at its end.
func main() {
	log.SetFlags(0)
	handler, err := artifactcache.StartHandler(os.Args[1], "", "127.0.0.1", 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(handler.ExternalURL())
	select {}
}
