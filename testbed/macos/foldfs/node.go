package main

import (
	"context"
	"os"
	"syscall"
	"unicode/utf8"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// node is a file, directory or link.
type node struct {
	fs.Inode
	backing *backing
	// Of a directory.
	names names
}

var (
	_ fs.NodeLookuper       = (*node)(nil)
	_ fs.NodeGetattrer      = (*node)(nil)
	_ fs.NodeSetattrer      = (*node)(nil)
	_ fs.NodeStatfser       = (*node)(nil)
	_ fs.NodeOpener         = (*node)(nil)
	_ fs.NodeOpendirHandler = (*node)(nil)
	_ fs.NodeReadlinker     = (*node)(nil)
	_ fs.NodeCreater        = (*node)(nil)
	_ fs.NodeMkdirer        = (*node)(nil)
	_ fs.NodeMknoder        = (*node)(nil)
	_ fs.NodeSymlinker      = (*node)(nil)
	_ fs.NodeLinker         = (*node)(nil)
	_ fs.NodeUnlinker       = (*node)(nil)
	_ fs.NodeRmdirer        = (*node)(nil)
	_ fs.NodeRenamer        = (*node)(nil)
)

// inDirectory locks the names of a directory and opens it. It reads the names when they are first needed: all later
// changes come through this file system.
func (n *node) inDirectory(use func(directory int) syscall.Errno) syscall.Errno {
	directory, done, err := n.backing.open()
	if err != nil {
		return fs.ToErrno(err)
	}
	defer done()
	n.names.Lock()
	defer n.names.Unlock()
	if err := n.names.read(at(directory)); err != nil {
		return fs.ToErrno(err)
	}
	return use(directory)
}

// child returns the node of an entry.
func (n *node) child(
	ctx context.Context, directory int, written string, out *fuse.EntryOut,
) (*fs.Inode, syscall.Errno) {
	backing, generation, err := n.backing.disk.entry(directory, written)
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	stat := syscall.Stat_t{}
	if errno := fileStat(backing, &stat); errno != 0 {
		return nil, errno
	}
	out.FromStat(&stat)
	attr := fs.StableAttr{Mode: stat.Mode & syscall.S_IFMT, Ino: stat.Ino, Gen: generation}
	return n.NewInode(ctx, &node{backing: backing}, attr), 0
}

// create makes an entry under a new name, and gives it to the user who asked for it.
func (n *node) create(
	ctx context.Context, name string, out *fuse.EntryOut, call func(directory int, name string) error,
) (child *fs.Inode, errno syscall.Errno) {
	if !utf8.ValidString(name) {
		return nil, syscall.EILSEQ
	}
	errno = n.inDirectory(func(directory int) (errno syscall.Errno) {
		written, isThere := n.names.stored(name)
		if err := call(directory, written); err != nil {
			return fs.ToErrno(err)
		}
		if !isThere {
			n.names.add(written)
			giveToCaller(ctx, directory, written)
		}
		child, errno = n.child(ctx, directory, written, out)
		return errno
	})
	return child, errno
}

func giveToCaller(ctx context.Context, directory int, name string) {
	if caller, ok := fuse.FromContext(ctx); ok && os.Geteuid() == 0 && caller.Uid != 0 {
		_ = unix.Fchownat(directory, name, int(caller.Uid), int(caller.Gid), unix.AT_SYMLINK_NOFOLLOW)
	}
}

// Lookup finds an entry by any spelling of its name.
func (n *node) Lookup(
	ctx context.Context, name string, out *fuse.EntryOut,
) (child *fs.Inode, errno syscall.Errno) {
	errno = n.inDirectory(func(directory int) (errno syscall.Errno) {
		written, isThere := n.names.stored(name)
		if !isThere {
			return syscall.ENOENT
		}
		child, errno = n.child(ctx, directory, written, out)
		return errno
	})
	return child, errno
}

// Create makes and opens a file.
func (n *node) Create(
	ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut,
) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	opened := -1
	child, errno := n.create(ctx, name, out, func(directory int, name string) (err error) {
		opened, err = unix.Openat(directory, name, backingFlags(flags)|unix.O_CREAT|unix.O_NOFOLLOW, mode)
		return err
	})
	if errno != 0 {
		if opened >= 0 {
			_ = unix.Close(opened)
		}
		return nil, nil, 0, errno
	}
	return child, fs.NewLoopbackFile(opened), 0, 0
}

// Mkdir makes a directory.
func (n *node) Mkdir(
	ctx context.Context, name string, mode uint32, out *fuse.EntryOut,
) (*fs.Inode, syscall.Errno) {
	return n.create(ctx, name, out, func(directory int, name string) error {
		return unix.Mkdirat(directory, name, mode)
	})
}

// Mknod makes a file without opening it, a named pipe or a socket.
func (n *node) Mknod(
	ctx context.Context, name string, mode, dev uint32, out *fuse.EntryOut,
) (*fs.Inode, syscall.Errno) {
	return n.create(ctx, name, out, func(directory int, name string) error {
		return unix.Mknodat(directory, name, mode, int(dev))
	})
}

// Symlink makes a symbolic link.
func (n *node) Symlink(
	ctx context.Context, target, name string, out *fuse.EntryOut,
) (*fs.Inode, syscall.Errno) {
	return n.create(ctx, name, out, func(directory int, name string) error {
		return unix.Symlinkat(target, directory, name)
	})
}

// Link makes a hard link.
func (n *node) Link(
	ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut,
) (*fs.Inode, syscall.Errno) {
	linked, ok := target.(*node)
	if !ok {
		return nil, syscall.EXDEV
	}
	fd, done, err := linked.backing.open()
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	defer done()
	return n.create(ctx, name, out, func(directory int, name string) error {
		return unix.Linkat(unix.AT_FDCWD, at(fd), directory, name, unix.AT_SYMLINK_FOLLOW)
	})
}

// Unlink removes anything but a directory.
func (n *node) Unlink(_ context.Context, name string) syscall.Errno { return n.remove(name, 0) }

// Rmdir removes an empty directory.
func (n *node) Rmdir(_ context.Context, name string) syscall.Errno {
	return n.remove(name, unix.AT_REMOVEDIR)
}

func (n *node) remove(name string, flags int) syscall.Errno {
	return n.inDirectory(func(directory int) syscall.Errno {
		written, _ := n.names.stored(name)
		err := unix.Unlinkat(directory, written, flags)
		if err == nil {
			n.names.remove(written)
		}
		return fs.ToErrno(err)
	})
}

// Rename moves an entry. The kernel itself answers where both names are of one file, so a new spelling alone changes
// nothing here, although it does on macOS.
func (n *node) Rename(
	_ context.Context, name string, newParent fs.InodeEmbedder, newName string, flags uint32,
) syscall.Errno {
	to, ok := newParent.(*node)
	if !ok {
		return syscall.EXDEV
	}
	if !utf8.ValidString(newName) {
		return syscall.EILSEQ
	}
	return inBoth(n, to, func(source, target int) syscall.Errno {
		old, _ := n.names.stored(name)
		replaced, isThere := to.names.stored(newName)
		if err := unix.Renameat2(source, old, target, replaced, uint(flags)); err != nil {
			return fs.ToErrno(err)
		}
		if flags&unix.RENAME_EXCHANGE != 0 {
			return 0
		}
		n.names.remove(old)
		// What replaces an entry brings its own spelling.
		if isThere && replaced != newName && unix.Renameat(target, replaced, target, newName) != nil {
			newName = replaced
		}
		to.names.add(newName)
		return 0
	})
}

// inBoth locks two directories in the order of their numbers, so that two renames do not wait for each other.
func inBoth(from, to *node, use func(source, target int) syscall.Errno) syscall.Errno {
	if from == to {
		return from.inDirectory(func(directory int) syscall.Errno { return use(directory, directory) })
	}
	if from.StableAttr().Ino < to.StableAttr().Ino {
		return from.inDirectory(func(source int) syscall.Errno {
			return to.inDirectory(func(target int) syscall.Errno { return use(source, target) })
		})
	}
	return to.inDirectory(func(target int) syscall.Errno {
		return from.inDirectory(func(source int) syscall.Errno { return use(source, target) })
	})
}

// Open opens a file.
func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	fd, done, err := n.backing.open()
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	defer done()
	opened, err := unix.Open(at(fd), backingFlags(flags), 0)
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	return fs.NewLoopbackFile(opened), 0, 0
}

// backingFlags leaves out what the kernel does itself: it finds the end of a file to append to, and follows links.
func backingFlags(flags uint32) int {
	return int(flags)&^(unix.O_APPEND|unix.O_NOFOLLOW|unix.O_DIRECT|fuse.FMODE_EXEC) | unix.O_CLOEXEC
}

// OpendirHandle opens a directory to list it.
func (n *node) OpendirHandle(_ context.Context, _ uint32) (fs.FileHandle, uint32, syscall.Errno) {
	fd, done, err := n.backing.open()
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	defer done()
	stream, errno := fs.NewLoopbackDirStream(at(fd))
	if errno != 0 {
		return nil, 0, errno
	}
	return stream, 0, 0
}

// Readlink reads the target of a symbolic link.
func (n *node) Readlink(_ context.Context) ([]byte, syscall.Errno) {
	fd, done, err := n.backing.open()
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	defer done()
	buffer := make([]byte, unix.PathMax)
	length, err := unix.Readlinkat(fd, "", buffer)
	if err != nil {
		return nil, fs.ToErrno(err)
	}
	return buffer[:length], 0
}

// Statfs tells the size and the free space of the disk below.
func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	fd, done, err := n.backing.open()
	if err != nil {
		return fs.ToErrno(err)
	}
	defer done()
	stat := syscall.Statfs_t{}
	if err := syscall.Fstatfs(fd, &stat); err != nil {
		return fs.ToErrno(err)
	}
	out.FromStatfsT(&stat)
	return 0
}
