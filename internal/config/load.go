package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Action is what a command line asks the program to do.
type Action int

// The actions.
const (
	// Serve runs the gateway with the loaded Config.
	Serve Action = iota
	// ServeSandbox runs the sandbox alone, as an upstream for other programs.
	ServeSandbox
	// Explain prints how the operation Command.Method goes upstream, or all
	// operations when it is empty.
	Explain
	// Print writes Command.Text: the help, or the effective settings.
	Print
	// Version prints the program's version.
	Version
)

// Command is what to do, and with what.
type Command struct {
	Action Action
	Method string
	Text   string
}

// Load reads the settings from the command line (without the program's name)
// and the environment (in the form of os.Environ), and from the files that they
// name. It returns a Config only for Serve and
// ServeSandbox. An error is one line about the first
// mistake, which never holds a secret.
func Load(args, env []string) (*Config, Command, error) {
	line := new(commandLine)
	parser, err := newParser(line)
	if err != nil {
		return nil, Command{}, fmt.Errorf("build the command line: %w", err)
	}
	trace, err := kong.Trace(parser, args)
	if err == nil {
		err = trace.Error
	}
	switch {
	case err != nil:
		return nil, Command{}, lineMistake(args, err)
	case asked(trace, "help"):
		return nil, Command{Action: Print, Text: help(parser.Model)}, nil
	case asked(trace, "version"):
		return nil, Command{Action: Version}, nil
	}
	if err := trace.Reset(); err != nil {
		return nil, Command{}, fmt.Errorf("defaults: %w", err)
	}
	if trace.Selected().Name == "explain" {
		if _, err := trace.Apply(); err != nil {
			return nil, Command{}, fmt.Errorf("apply the command line: %w", err)
		}
		return nil, Command{Action: Explain, Method: line.Explain.Method}, nil
	}

	origins, err := line.resolve(trace, env)
	if err != nil {
		return nil, Command{}, err
	}
	action := Serve
	if trace.Selected().Name == "sandbox" {
		action = ServeSandbox
		line.Sandbox, origins["sandbox"] = true, origin{fromFlag, "the command sandbox"}
	}
	if err := line.complete(origins); err != nil {
		return nil, Command{}, err
	}
	if line.PrintConfig {
		text, err := effective(parser.Model, origins)
		return nil, Command{Action: Print, Text: text}, err
	}
	return &line.Config, Command{Action: action}, nil
}

// commandLine is the grammar of the command line: the settings, and what is
// about one run only and so has no place in a file.
type commandLine struct {
	Config

	ConfigFile  string `group:"This run" name:"config" type:"path"`
	PrintConfig bool   `group:"This run" name:"print-config" type:"switch"`
	Version     bool   `group:"This run" name:"version" type:"switch"`
	Help        bool   `group:"This run" name:"help" short:"h" type:"switch"`

	Serve   struct{} `cmd:"" default:"1"`
	Alone   struct{} `cmd:"" name:"sandbox"`
	Explain struct {
		Method string `arg:"" optional:"" name:"method"`
	} `cmd:""`
}

// thisRun is the group of the flags that are no settings.
const thisRun = "This run"

// newParser builds the parser that fills line.
func newParser(line *commandLine) (*kong.Kong, error) {
	options := []kong.Option{kong.Name("switchboard"), kong.NoDefaultHelp()}
	for name, parse := range kinds() {
		options = append(options, kong.NamedMapper(name, reader{parse}))
	}
	return kong.New(line, options...)
}

// resolve gives every setting that the command line leaves open the value of
// the environment or the file, applies all of them to line, and tells where
// each came from.
func (line *commandLine) resolve(trace *kong.Context, env []string) (origins, error) {
	settings := settingsOf(trace.Model)
	values, err := fromEnvironment(env, trace.Model)
	if err != nil {
		return nil, err
	}
	file, ok := values["config"]
	if flag := onLine(trace, "config"); flag != nil {
		file, ok = given{trace.Value(flag).String(), origin{fromFlag, "--config"}}, true
	}
	if ok && file.text != "" {
		below, err := fromFile(file, settings)
		if err != nil {
			return nil, err
		}
		for name, value := range below {
			if _, ok := values[name]; !ok {
				values[name] = value
			}
		}
	}

	trace.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value, ok := values[flag.Name]; ok {
			return value, nil
		}
		return nil, nil //nolint:nilnil // The library's way to say "not from here".
	}))
	if err := trace.Resolve(); err != nil {
		return nil, bare(err)
	}
	if _, err := trace.Apply(); err != nil {
		return nil, fmt.Errorf("apply the settings: %w", err)
	}
	if err := trace.Validate(); err != nil {
		return nil, lineMistake(trace.Args, err)
	}

	from := make(origins)
	for _, setting := range settings {
		value, resolved := values[setting.Name]
		switch {
		case onLine(trace, setting.Name) != nil:
			from[setting.Name] = origin{fromFlag, "--" + setting.Name}
		case resolved:
			from[setting.Name] = value.origin
		}
	}
	return from, nil
}

// source says which kind of place a setting comes from; the higher one wins.
type source int

const (
	byDefault source = iota
	derived          // Follows from other settings.
	inFile
	inEnvironment
	fromFlag
)

// origin is where a setting comes from, in words that lead its owner there: the
// flag, the variable, or the file key with its line.
type origin struct {
	source source
	as     string
}

// origins holds the origin of each setting that has not its default, by name.
type origins map[string]origin

// name is how to call a setting in a message.
func (o origins) name(setting string) string {
	if from := o[setting]; from.source > derived {
		return from.as
	}
	return "--" + setting
}

// given is a value as its owner wrote it, before it is parsed.
type given struct {
	text string
	origin
}

// settingsOf lists the flags that are settings, in the order of declaration.
func settingsOf(model *kong.Application) []*kong.Flag {
	return slices.DeleteFunc(slices.Clone(model.Flags), func(flag *kong.Flag) bool {
		return flag.Group.Key == thisRun
	})
}

// onLine returns the place of the command line that sets a flag, or nil.
func onLine(trace *kong.Context, name string) *kong.Path {
	for _, path := range slices.Backward(trace.Path) {
		if path.Flag != nil && !path.Resolved && path.Flag.Name == name {
			return path
		}
	}
	return nil
}

// asked says whether the command line sets a switch.
func asked(trace *kong.Context, name string) bool {
	path := onLine(trace, name)
	return path != nil && trace.Value(path).Bool()
}

// bare strips what the library wraps around a mistake, which says better itself
// which setting it is about.
func bare(err error) error {
	if own := (*mistake)(nil); errors.As(err, &own) {
		return own
	}
	return err
}

// lineMistake makes one of ours of the library's complaint about the command
// line. An argument that stands alone may be the tail of a secret that was not
// quoted, so it is not repeated then.
func lineMistake(args []string, err error) error {
	if own := (*mistake)(nil); errors.As(err, &own) {
		return own
	}
	said := err.Error()
	switch {
	case strings.HasPrefix(said, "unknown flag -") && !strings.HasPrefix(said, "unknown flag --"):
		said, _, _ = strings.Cut(said, ",") // Its suggestion would be -h.
		return &mistake{setting: said, remedy: "flags have two dashes, --help lists them"}
	case strings.HasPrefix(said, "unexpected argument ") && slices.ContainsFunc(args, holdsSecret):
		return &mistake{
			setting: "unexpected argument (not shown, it may be part of the secret)",
			remedy:  "put quotes around a value with spaces, or see --help",
		}
	case strings.HasPrefix(said, "unexpected argument "):
		return &mistake{setting: said, remedy: "write settings as --name=value, or see --help"}
	case strings.Contains(said, "did you mean"):
		return &mistake{setting: said}
	}
	return &mistake{setting: said, remedy: "see --help"}
}

// holdsSecret says whether an argument is the flag that gives the secret.
func holdsSecret(arg string) bool {
	return arg == "--client-secret" || strings.HasPrefix(arg, "--client-secret=")
}
