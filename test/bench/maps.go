package main

import (
	"context"

	"github.com/xunshare/xunshare/test/asuser"
)

// The suites about ids and about the process itself need no tree.

var subidContenders = []contender{
	{name: "xunshare", tool: "xunshare", argv: mapAutoArgs},
	{name: "unshare", tool: "unshare", argv: mapAutoArgs},
}

var userContenders = []contender{
	{name: "xunshare", tool: "xunshare", argv: userArgs},
	{name: "unshare", tool: "unshare", argv: userArgs},
}

var inPlaceContenders = []contender{
	{name: "xunshare", tool: "xunshare", argv: mountArgs, root: true},
	{name: "unshare", tool: "unshare", argv: mountArgs, root: true},
}

func mapAutoArgs(j job) []string { return with(j.target, "--map-auto", "-r") }

func userArgs(j job) []string { return with(j.target, "-r") }

func mountArgs(j job) []string { return with(j.target, "-m") }

// userOnly times a user namespace and nothing else, where the launcher's own start weighs most.
func (b *bench) userOnly(ctx context.Context) error {
	if !b.wants("user", userContenders) {
		return nil
	}
	results, err := b.race(ctx, "user", userContenders, job{target: []string{"/bin/true"}})
	printTimes("user: a user namespace, /bin/true", results, "unshare")
	printTimeGoal(results, 1.80, "unshare")
	return err
}

// subids times maps of sub-ids, which the helpers of shadow-utils write. Root gives the user
// sub-ids for the run.
func (b *bench) subids(ctx context.Context) error {
	if !b.wants("subids", subidContenders) {
		return nil
	}
	if err := b.giveAccount(); err != nil {
		return b.skip(ctx, "subids", err)
	}
	results, err := b.race(ctx, "subids", subidContenders, job{target: []string{"/bin/true"}})
	printTimes("subids: a user namespace with sub-ids, /bin/true", results, "unshare")
	printTimeGoal(results, 1.30, "unshare")
	return err
}

// giveAccount gives the user sub-ids, once.
func (b *bench) giveAccount() error {
	if b.account {
		return nil
	}
	b.account = true
	return asuser.GiveAccount(b.temp)
}

// inPlace times a program that keeps the launcher's pid, which needs root.
func (b *bench) inPlace(ctx context.Context) error {
	if !b.wants("in-place", inPlaceContenders) {
		return nil
	}
	results, err := b.race(ctx, "in-place", inPlaceContenders, job{target: []string{"/bin/true"}})
	printTimes("in-place: a mount namespace, as root, without a child, /bin/true", results, "unshare")
	return err
}
