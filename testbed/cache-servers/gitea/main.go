// The cache server of Gitea's runner (gitea.com/gitea/act/pkg/artifactcache) for tests, without the rest of the runner.
//
// The real one listens on all interfaces. Here its listener is closed at once, and its routes are served on 127.0.0.1.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"reflect"
	"unsafe"

	"github.com/nektos/act/pkg/artifactcache"
)

// main says on standard output what ACTIONS_CACHE_URL is, without the slash at its end.
func main() {
	log.SetFlags(0)
	local, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	handler, err := artifactcache.StartHandler(os.Args[1], "127.0.0.1", 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	listener := field[net.Listener](handler, "listener")
	(*listener).Close()
	*listener = local
	routes := (*field[*http.Server](handler, "server")).Handler
	fmt.Println(handler.ExternalURL())
	log.Fatal(http.Serve(local, routes))
}

// field returns an unexported field of the handler.
func field[T any](handler *artifactcache.Handler, name string) *T {
	value := reflect.ValueOf(handler).Elem().FieldByName(name)
	return (*T)(unsafe.Pointer(value.UnsafeAddr()))
}
