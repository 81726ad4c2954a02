// Shell stands for the sh.exe and bash.exe of Git for Windows: git runs credential helpers and hooks with it, and the tests
// their `run:` steps. It reads Bash, and brings the usual programs of Unix, which Git for Windows has beside its shell.
//
//	sh.exe [-e] [-c TEXT [NAME [ARGUMENT...]] | FILE [ARGUMENT...]]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mvdan.cc/sh/moreinterp/coreutils"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

const (
	usageError = 2
	notFound   = 127
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "sh:", err)
	}
	os.Exit(code)
}

// run interprets what the arguments name and returns the exit code.
func run(args []string) (int, error) {
	options := []string{}
	if len(args) > 0 && args[0] == "-e" {
		options, args = []string{"-e"}, args[1:]
	}
	text, name, args, err := script(args)
	if err != nil {
		return notFound, err
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), name)
	if err != nil {
		return usageError, err
	}
	params := append(append(options, "--"), args...)
	runner, err := interp.New(
		interp.StdIO(os.Stdin, os.Stdout, os.Stderr),
		interp.Params(params...),
		interp.ExecHandlers(withSelf, coreutils.ExecHandler),
	)
	if err != nil {
		return usageError, err
	}
	err = runner.Run(context.Background(), file)
	var status interp.ExitStatus
	switch {
	case errors.As(err, &status):
		return int(status), nil
	case err != nil:
		return 1, err
	}
	return 0, nil
}

// script returns the text to interpret, its name in messages, and its arguments.
func script(args []string) (text, name string, rest []string, err error) {
	if len(args) > 1 && args[0] == "-c" {
		text, rest = args[1], args[2:]
		if len(rest) > 0 {
			name, rest = rest[0], rest[1:]
		}
		return text, name, rest, nil
	}
	if len(args) > 0 {
		data, err := os.ReadFile(args[0])
		return string(data), args[0], args[1:], err
	}
	data, err := io.ReadAll(os.Stdin)
	return string(data), "stdin", nil, err
}

// withSelf starts this program for sh and bash.
func withSelf(next interp.ExecHandlerFunc) interp.ExecHandlerFunc {
	return func(ctx context.Context, args []string) error {
		switch strings.TrimSuffix(filepath.Base(args[0]), ".exe") {
		case "sh", "bash":
			self, err := os.Executable()
			if err != nil {
				return err
			}
			args = append([]string{self}, args[1:]...)
		}
		return next(ctx, args)
	}
}
