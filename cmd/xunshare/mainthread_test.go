package main

import (
	"strings"
	"testing"
)

// Whatever asks for a time namespace is seen in the words already.
func TestMayEnterTime(t *testing.T) {
	for line, want := range map[string]bool{
		"--time true": true, "-T true": true, "-muinpCT true": true, "--ti": true, "--time=/file": true,
		"--config=file": true, "--conf file": true, "--into=name": true, "--int name": true,
		"-rpf --mount-proc --root=/tree sh": false, "--into=/tree": false, "--into ./tree make": false, "true": false, "-r /bin/Test": false,
	} {
		if got := mayEnterTime(strings.Fields(line)); got != want {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
}
