package main

import (
	"os"
	"syscall"
	"testing"
)

// filesOnASmallDisk mounts a disk in memory; size is like 2m. ok is false where this account may not mount one.
func filesOnASmallDisk(t *testing.T, size string) (disk smallDisk, ok bool) {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Logf("a full disk is not tried, because this account may not mount one: %v", err)
		return smallDisk{}, false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	disk.dir = dir
	disk.fill = func() {
		if err := disk.writeUntilFull(); err != nil {
			t.Fatal(err)
		}
	}
	disk.free = func() {
		if err := os.Remove(disk.ballast()); err != nil {
			t.Fatal(err)
		}
	}
	return disk, true
}
