package test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// makeSite makes the documents as HTML.
func makeSite(dir string) error {
	_, err := script("make-docs", dir+"/site")
	return err
}

// makePicture makes the README's picture anew.
func makePicture(dir string) error {
	if err := build(dir, ""); err != nil {
		return err
	}
	cmd := command("../scripts/make-picture", dir+"/picture.svg")
	cmd.Env = append(os.Environ(), "XUNSHARE="+dir+"/xunshare")
	return cmd.Run()
}

// The pages of the documents lead to each other, to parts that are there, and to files of the project.
func TestSite(t *testing.T) {
	const source = "https://github.com/xunshare/xunshare/blob/main/"
	site := made("site", "site")
	pages, _ := filepath.Glob(site + "/*.html")
	if len(pages) != 8 {
		t.Errorf("pages: %v", pages)
	}
	for _, page := range pages {
		text := textOf(t, page)
		for _, link := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if file, ours := strings.CutPrefix(link[1], source); ours {
				if _, err := os.Stat("../" + file); err != nil {
					t.Errorf("%s: %v", filepath.Base(page), err)
				}
				continue
			}
			file, part, _ := strings.Cut(link[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			there := text
			if file != "" {
				there = textOf(t, site+"/"+file)
			}
			if part != "" && !slices.Contains(strings.Split(there, `"`), part) {
				t.Errorf("%s: no part %s", filepath.Base(page), link[1])
			}
		}
	}
}

// The picture shows what the program does.
func TestPicture(t *testing.T) {
	if got, want := textOf(t, made("picture", "picture.svg")), textOf(t, "../docs/picture.svg"); got != want {
		t.Errorf("scripts/make-picture makes another one: %s", difference(want, got))
	}
}
