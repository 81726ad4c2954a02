// Foldfs mounts a folder as a file system whose names behave as on APFS, the file system of macOS.
//
//	foldfs MOUNTPOINT FOLDER
//
// Two names that differ only in case, or in the Unicode normalisation of their letters, are one name. The name that
// created a file stays as it was written. A name that is no UTF-8 is refused.
//
// It prints "mounted" once it is there, and stays until its standard input ends or a signal comes: so it outlives no
// process that started it, however that process ends. Nothing else may change the folder below it meanwhile.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("foldfs: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: foldfs MOUNTPOINT FOLDER")
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(mountpoint, folder string) error {
	mountpoint, err := filepath.Abs(mountpoint)
	if err != nil {
		return err
	}
	raiseFileLimit()
	root, err := openDisk(folder)
	if err != nil {
		return err
	}
	// The kernel has already applied the umask of the process that creates a file.
	syscall.Umask(0)
	// Ctrl-C reaches the whole group of processes. The one that started this one decides when it ends.
	signal.Ignore(syscall.SIGINT)
	server, err := fs.Mount(mountpoint, &node{backing: root}, options())
	if err != nil {
		return fmt.Errorf("cannot mount: %w", err)
	}
	fmt.Println("mounted")
	end := make(chan os.Signal, 3)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end <- syscall.SIGTERM
	}()
	go func() {
		server.Wait()
		end <- syscall.SIGTERM
	}()
	<-end
	unmount(mountpoint)
	return nil
}

// options lets the kernel keep no names: it does not fold them, so a name that it knows says nothing about the others.
func options() *fs.Options {
	none, second := time.Duration(0), time.Second
	isRoot := os.Geteuid() == 0
	return &fs.Options{
		EntryTimeout:    &none,
		NegativeTimeout: &none,
		// All changes come through this mount, and the kernel notices those.
		AttrTimeout:     &second,
		NullPermissions: true,
		MountOptions: fuse.MountOptions{
			FsName: "foldfs",
			Name:   "foldfs",
			// Without root, fusermount mounts, and allows only its own user.
			DirectMount:        true,
			AllowOther:         isRoot,
			Options:            []string{"default_permissions"},
			DisableXAttrs:      true,
			DisableReadDirPlus: true,
		},
	}
}

// raiseFileLimit allows as many open files as this process may have.
func raiseFileLimit() {
	limit := syscall.Rlimit{}
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}

// unmount also removes a mount that is still in use, or that another mount namespace has a copy of: what uses it gets
// errors once this process has ended.
func unmount(mountpoint string) {
	if unix.Unmount(mountpoint, unix.MNT_DETACH) == nil {
		return
	}
	for _, program := range []string{"fusermount3", "fusermount"} {
		if exec.Command(program, "-u", "-z", mountpoint).Run() == nil {
			return
		}
	}
	log.Printf("%s cannot be unmounted", mountpoint)
}
