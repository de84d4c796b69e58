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
	return object{
		"ociVersion": "1.0.2",
		"process": object{
			"terminal": false,
			"user":     object{"uid": 0, "gid": 0},
			"args":     j.target,
			"env":      []string{"PATH=/bin"},
			"cwd":      "/",
		},
		"root": object{"path": j.tree},
		"mounts": []object{
			{"destination": "/proc", "type": "proc", "source": "proc"},
			{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "mode=755"}},
		},
		"linux": object{
			"namespaces":  []object{{"type": "user"}, {"type": "mount"}, {"type": "pid"}},
			"uidMappings": []object{{"containerID": 0, "hostID": uid, "size": 1}},
			"gidMappings": []object{{"containerID": 0, "hostID": gid, "size": 1}},
		},
	}
}
