package main

import (
	"os"
	"slices"
	"strings"

	"github.com/xunshare/xunshare/internal/binfmt"
	"github.com/xunshare/xunshare/internal/environ"
	"github.com/xunshare/xunshare/internal/ns"
	"github.com/xunshare/xunshare/internal/rules"
	"github.com/xunshare/xunshare/internal/verb"
)

// defaultPath is what execvp(3) searches when there is no PATH (confstr(3), _CS_PATH).
const defaultPath = "/bin:/usr/bin"

const defaultShell = "/bin/sh"

// target is the program to run: the one that was asked for, found as execvp(3) does, or the login
// shell.
func target(o *resolved, env []string) verb.Exec {
	if len(o.Program) == 0 {
		shell := loginShell(o, env)
		return verb.Exec{Candidates: []string{shell}, Argv: []string{loginName(shell)}, Env: env}
	}
	files := candidates(o.Program[0], env)
	return verb.Exec{Candidates: files, Argv: o.Program, Env: env, Script: isText(o, files)}
}

// environment is what the target gets.
func (o *resolved) environment() []string {
	env := environ.All()
	switch {
	case o.ClearEnv || o.Whitelist:
		env = o.kept()
	case o.Into:
		env = o.intoEnvironment()
	}
	return o.changed(env)
}

// kept are the variables that are on the list and set.
func (o *resolved) kept() (env []string) {
	for _, name := range o.KeptEnv {
		if value, ok := environ.Lookup(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// changed is the environment after the changes. Of several variables of one name the first counts
// (getenv(3)).
func (o *resolved) changed(env []string) []string {
	if len(o.Env) == 0 {
		return env
	}
	env = slices.Clone(env)
	for _, c := range o.Env {
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, c.Name+"=") })
		if !c.Unset {
			env = append(env, c.Name+"="+c.Value)
		}
	}
	return env
}

// candidates are the files that a program's name may stand for.
func candidates(name string, env []string) []string {
	if strings.Contains(name, "/") || name == "" {
		return []string{name}
	}
	dirs, ok := environ.Find(env, "PATH")
	if !ok {
		dirs = defaultPath
	}
	var files []string
	for _, dir := range strings.Split(dirs, ":") {
		if dir != "" {
			dir += "/"
		}
		files = append(files, dir+name)
	}
	return files
}

// loginShell is $SHELL, or the shell of the user that the target will be, or sh.
func loginShell(o *resolved, env []string) string {
	if shell, ok := environ.Find(env, "SHELL"); ok && shell != "" {
		return shell
	}
	return o.account().shell
}

// overflowUser is who an unmapped user is (/proc/sys/kernel/overflowuid).
const overflowUser = 65534

func targetUser(o *resolved) int {
	switch {
	case o.NS.SetUser != nil:
		return int(*o.NS.SetUser)
	case o.NS.Users.AsRoot:
		return 0
	case o.NS.Users.Single != nil:
		return int(*o.NS.Users.Single)
	case o.NS.Kinds.Has(ns.User):
		return overflowUser
	}
	return os.Getuid()
}

// isText tells whether the first of the files that is there is a script without #!, which execvp(3)
// hands to the shell. A program for another machine is not: the shell would read it as commands.
func isText(o *resolved, files []string) bool {
	for _, file := range files {
		if image := rules.Inspect(&o.in, file); image != nil {
			return image.Kind == binfmt.KindText || image.Kind == binfmt.KindEmpty
		}
	}
	return false
}
