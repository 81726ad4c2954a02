package main

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// Getattr tells owner, permissions, size and times.
func (n *node) Getattr(ctx context.Context, file fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	if opened, ok := file.(fs.FileGetattrer); ok {
		return opened.Getattr(ctx, out)
	}
	stat := syscall.Stat_t{}
	errno := fileStat(n.backing, &stat)
	out.FromStat(&stat)
	return errno
}

// Setattr changes owner, permissions, size and times.
func (n *node) Setattr(
	ctx context.Context, file fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut,
) syscall.Errno {
	// An open file may be written to, whatever its permissions are now.
	if opened, ok := file.(fs.FileSetattrer); ok {
		return opened.Setattr(ctx, in, out)
	}
	fd, done, err := n.backing.open()
	if err != nil {
		return fs.ToErrno(err)
	}
	defer done()
	// Times come last, because the others change them.
	for _, set := range []func(int, *fuse.SetAttrIn) error{setMode, setOwner, setSize, setTimes} {
		if err := set(fd, in); err != nil {
			return fs.ToErrno(err)
		}
	}
	return n.Getattr(ctx, nil, out)
}

func fileStat(file *backing, stat *syscall.Stat_t) syscall.Errno {
	fd, done, err := file.open()
	if err != nil {
		return fs.ToErrno(err)
	}
	defer done()
	return fs.ToErrno(syscall.Fstat(fd, stat))
}

func setMode(fd int, in *fuse.SetAttrIn) error {
	if mode, ok := in.GetMode(); ok {
		return unix.Chmod(at(fd), mode)
	}
	return nil
}

func setOwner(fd int, in *fuse.SetAttrIn) error {
	owner, group := -1, -1
	if uid, ok := in.GetUID(); ok {
		owner = int(uid)
	}
	if gid, ok := in.GetGID(); ok {
		group = int(gid)
	}
	if owner < 0 && group < 0 {
		return nil
	}
	return unix.Fchownat(fd, "", owner, group, unix.AT_EMPTY_PATH)
}

func setSize(fd int, in *fuse.SetAttrIn) error {
	if size, ok := in.GetSize(); ok {
		return unix.Truncate(at(fd), int64(size))
	}
	return nil
}

func setTimes(fd int, in *fuse.SetAttrIn) error {
	accessed, hasAccessed := in.GetATime()
	modified, hasModified := in.GetMTime()
	if !hasAccessed && !hasModified {
		return nil
	}
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, {Nsec: unix.UTIME_OMIT}}
	if hasAccessed {
		times[0] = unix.NsecToTimespec(accessed.UnixNano())
	}
	if hasModified {
		times[1] = unix.NsecToTimespec(modified.UnixNano())
	}
	return unix.UtimesNanoAt(fd, "", times, unix.AT_EMPTY_PATH)
}
