// A checksum database for tests: Go's own server of golang.org/x/mod/sumdb over the modules of a folder.
//
// It serves the database at / and, as a module proxy does for the databases it knows, at /sumdb/NAME/. A record is made
// when a module is first looked up, from what the folder holds then, and stays from then on. Where a file VERSION.sum
// lies beside a module, its lines are the record, whether they are true or not.
package main

import (
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	log.SetFlags(0)
	name := flag.String("name", "sums.example.com", "name of the database")
	folder := flag.String("folder", "", "modules, as below cache/download of a module cache")
	flag.Parse()
	if err := serve(*name, *folder); err != nil {
		log.Fatal(err)
	}
}

// serve says on standard output where it listens and what its key is, and then one line for each request.
func serve(name, folder string) error {
	signer, verifier, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	records := func(path, version string) ([]byte, error) { return record(folder, path, version) }
	database := sumdb.NewServer(sumdb.NewTestServer(signer, records))
	mux := http.NewServeMux()
	prefix := "/sumdb/" + name
	for _, path := range sumdb.ServerPaths {
		mux.Handle(path, database)
		mux.Handle(prefix+path, http.StripPrefix(prefix, database))
	}
	mux.HandleFunc(prefix+"/supported", func(http.ResponseWriter, *http.Request) {})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s %s\n", listener.Addr(), verifier)
	return http.Serve(listener, logged(mux))
}

// record returns the lines of go.sum for a module version; an error of os.IsNotExist is 404 to clients.
func record(folder, path, version string) ([]byte, error) {
	escapedPath, err := module.EscapePath(path)
	if err != nil {
		return nil, err
	}
	escapedVersion, err := module.EscapeVersion(version)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, filepath.FromSlash(escapedPath), "@v", escapedVersion)
	// What a lying database says.
	if text, err := os.ReadFile(file + ".sum"); err == nil {
		return text, nil
	}
	tree, err := dirhash.HashZip(file+".zip", dirhash.Hash1)
	if err != nil {
		return nil, err
	}
	goMod, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(file + ".mod") })
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", path, version, tree, path, version, goMod), nil
}

// answer remembers the status of a response.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func logged(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		given := &answer{writer, http.StatusOK}
		handler.ServeHTTP(given, request)
		fmt.Printf("%d %s\n", given.status, request.URL.Path)
	})
}
