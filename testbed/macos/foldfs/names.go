package main

import (
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold returns the same text for all names that are one name.
func fold(name string) string {
	for index := range len(name) {
		if name[index] >= utf8.RuneSelf {
			return norm.NFD.String(cases.Fold().String(norm.NFD.String(name)))
		}
	}
	return strings.ToLower(name)
}

// names knows the entries of one directory: the names as they were written, by what they fold to.
type names struct {
	sync.Mutex
	written map[string]string
}

// read lists a directory, unless that has been done.
func (n *names) read(directory string) error {
	if n.written != nil {
		return nil
	}
	opened, err := os.Open(directory)
	if err != nil {
		return err
	}
	defer opened.Close()
	listed, err := opened.Readdirnames(-1)
	if err != nil {
		return err
	}
	n.written = make(map[string]string, len(listed))
	for _, name := range listed {
		n.add(name)
	}
	return nil
}

// stored returns the name of an entry as it was written, or the given one if there is no such entry.
func (n *names) stored(name string) (string, bool) {
	if written, ok := n.written[fold(name)]; ok {
		return written, true
	}
	return name, false
}

func (n *names) add(name string) { n.written[fold(name)] = name }

func (n *names) remove(name string) { delete(n.written, fold(name)) }
