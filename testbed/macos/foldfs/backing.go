package main

import (
	"fmt"
	"hash/maphash"
	"os"

	"golang.org/x/sys/unix"
)

// disk is what holds the folder below the mount.
type disk struct {
	// A descriptor on it; -1 where files have no handles, or this user may not open files by them.
	byHandle int
	seed     maphash.Seed
}

// backing leads to a file, directory or link of that folder. It is no path, because a file may have several, and each of
// them several spellings. It is a handle, because a process may have only some thousand files open; where there are no
// handles it is an open file.
type backing struct {
	disk   *disk
	handle unix.FileHandle
	// Closed once nothing refers to it any more (os.NewFile).
	file *os.File
}

// openDisk returns the folder itself.
func openDisk(folder string) (*backing, error) {
	directory, err := unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	disk := &disk{byHandle: directory, seed: maphash.MakeSeed()}
	if handle, _, err := unix.NameToHandleAt(directory, "", unix.AT_EMPTY_PATH); err == nil {
		root := &backing{disk: disk, handle: handle}
		if _, done, err := root.open(); err == nil {
			done()
			return root, nil
		}
	}
	disk.byHandle = -1
	return &backing{disk: disk, file: os.NewFile(uintptr(directory), folder)}, nil
}

// entry returns an entry of an open directory, and a number that no other file has had that had its inode before.
func (d *disk) entry(directory int, name string) (*backing, uint64, error) {
	if d.byHandle >= 0 {
		handle, _, err := unix.NameToHandleAt(directory, name, 0)
		return &backing{disk: d, handle: handle}, maphash.Bytes(d.seed, handle.Bytes()), err
	}
	fd, err := unix.Openat(directory, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, 0, err
	}
	// No other file gets the inode while this one is open.
	return &backing{disk: d, file: os.NewFile(uintptr(fd), name)}, 0, nil
}

// open returns a descriptor (O_PATH) to use until `done`.
func (b *backing) open() (fd int, done func(), err error) {
	if b.file != nil {
		return int(b.file.Fd()), func() {}, nil
	}
	fd, err = unix.OpenByHandleAt(b.disk.byHandle, b.handle, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	return fd, func() { _ = unix.Close(fd) }, err
}

// at returns the path of what an open descriptor leads to, also of a link.
func at(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }
