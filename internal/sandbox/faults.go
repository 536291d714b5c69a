package sandbox

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/access"
	"github.com/switchboard-gw/switchboard/internal/sandbox/faults"
)

// What the options are made of; the rooms say what each means.
type (
	Requirement = access.Requirement

	Faults      = faults.Faults
	Trigger     = faults.Trigger
	Latency     = faults.Latency
	RateLimit   = faults.RateLimit
	Errors      = faults.Errors
	Resets      = faults.Resets
	Truncations = faults.Truncations
	SlowBodies  = faults.SlowBodies
	StaleTokens = faults.StaleTokens
	Logins      = faults.Logins
	Drift       = faults.Drift
	Duration    = faults.Duration
)

// IsOperation tells whether text can stand in Trigger.Operations.
func IsOperation(text string) bool { return faults.IsOperation(text) }
