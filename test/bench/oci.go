package main

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// bundled is the job, also written down for the OCI runtimes.
func (b *bench) bundled(j job) (job, error) {
	config, err := json.Marshal(ociConfig(j, b.uid, b.gid))
	if err != nil {
		return j, err
	}
	j.state = b.path("state")
	j.bundle, err = os.MkdirTemp(b.temp, "bundle-")
	if err != nil {
		return j, err
	}
	if err := os.Chmod(j.bundle, 0o755); err != nil {
		return j, err
	}
	return j, os.WriteFile(filepath.Join(j.bundle, "config.json"), config, 0o644)
}

// object is JSON to be.
type object = map[string]any

// ociConfig is the least that both runtimes accept without root.
func ociConfig(j job, uid, gid uint32) object {
	namespaces := []object{{"type": "user"}, {"type": "mount"}, {"type": "pid"}}
	mounts := []object{
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "mode=755"}},
	}
	hostname := ""
	if j.ready {
		namespaces = append(namespaces, object{"type": "ipc"}, object{"type": "uts"})
		mounts = append(mounts, readyMounts...)
		hostname = "tree"
	}
	return object{
		"ociVersion": "1.0.2",
		"hostname":   hostname,
		"process": object{
			"terminal": false,
			"user":     object{"uid": 0, "gid": 0},
			"args":     j.target,
			"env":      []string{"PATH=/bin"},
			"cwd":      "/",
		},
		"root":   object{"path": j.tree},
		"mounts": mounts,
		"linux": object{
			"namespaces":  namespaces,
			"uidMappings": []object{{"containerID": 0, "hostID": uid, "size": 1}},
			"gidMappings": []object{{"containerID": 0, "hostID": gid, "size": 1}},
		},
	}
}

// readyMounts are what --into mounts beside /proc and /dev. The runtimes put devices there by
// themselves.
var readyMounts = []object{
	{"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
	{"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": []string{"nosuid", "nodev", "mode=1777"}},
	{"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": []string{"nosuid", "nodev", "noexec"}},
	{"destination": "/sys", "type": "bind", "source": "/sys", "options": []string{"rbind", "rro"}},
	{"destination": resolvConf, "type": "bind", "source": resolvConf, "options": []string{"bind", "ro"}},
}
