// Launch runs a Windows program under Wine with pipes of Windows' own kind, and returns its exit code. Node cannot open
// the pipes and files of Unix that Wine hands on.
//
//	launch.exe PROGRAM ARGUMENT...
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// pipe hides the file below a writer, because os/exec hands files on as they are.
type pipe struct{ io.Writer }

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "launch: no program is named")
		os.Exit(2)
	}
	command := exec.Command(os.Args[1], os.Args[2:]...)
	command.Stdout, command.Stderr = pipe{os.Stdout}, pipe{os.Stderr}
	err := command.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "launch:", err)
		os.Exit(127)
	}
}
