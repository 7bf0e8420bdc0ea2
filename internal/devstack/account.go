package devstack

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is who a server runs as when this process is root.
type account struct {
	name     string
	uid, gid uint32
}

// credential is nil, and so changes nothing, for a nil account.
func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid, Groups: []uint32{}}
}

// accountFor chooses who runs the server that owns dir: nobody else when this process is not root; the owner of a
// folder that is there already; else the first of the names that exists here. PostgreSQL refuses to run as root and
// wants an entry in the list of accounts.
func accountFor(dir string, names ...string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if info, err := os.Stat(dir); err == nil {
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 0 {
			if u, err := user.LookupId(strconv.Itoa(int(owner.Uid))); err == nil {
				return accountOf(u)
			}
		}
	}
	for _, name := range names {
		if u, err := user.Lookup(name); err == nil {
			return accountOf(u)
		}
	}
	return nil, fmt.Errorf("running as root needs one of the accounts %v to start a server under", names)
}

func accountOf(u *user.User) (*account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", u.Username, err)
	}
	return &account{name: u.Username, uid: uint32(uid), gid: uint32(gid)}, nil
}

// own makes dir, closed to everyone but the account, with everything in it handed to the account.
func (a *account) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if a == nil {
		return os.Chmod(dir, 0o700)
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(a.uid), int(a.gid))
	})
	if err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// reach says why the account cannot get to what lies in dir. The folders above are judged by what everyone may do, so
// a folder opened to the account alone is refused; the message tells the way out.
func (a *account) reach(dir string) error {
	if a == nil {
		return nil
	}
	if err := passable(dir); err != nil {
		return fmt.Errorf("%w, and so to %s, under which servers run when started by root: choose another data folder "+
			"(as root the default is /var/lib/askwell)", err, a.name)
	}
	return nil
}
