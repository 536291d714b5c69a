package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// maxFile bounds the settings file.
const maxFile = 1 << 20

// fromFile takes the settings that a YAML file gives. path is the file's name
// together with who gave that.
func fromFile(path given, settings []*kong.Flag) (map[string]given, error) {
	content, err := readBounded(path.text, maxFile)
	if err != nil {
		return nil, &mistake{
			setting: path.as, value: path.text,
			problem: "cannot be read: " + reason(err),
			remedy:  "check the path and that this process may read it",
		}
	}
	return parseSettings(content, path.text, settings)
}

// parseSettings reads one mapping of setting names to plain values. The values
// stay text: they have the same notation wherever they come from. null and ""
// leave a setting without a default unset.
func parseSettings(content []byte, file string, settings []*kong.Flag) (map[string]given, error) {
	root, err := parseYAML(content)
	if err != nil {
		return nil, &mistake{
			setting: file, problem: err.Error(),
			remedy: "write one `name: value` a line, and quotes around a value with special characters",
		}
	}
	if root == nil {
		return map[string]given{}, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, &mistake{setting: file, problem: "is not a list of settings", remedy: "write one `name: value` a line"}
	}

	var names []string
	for _, setting := range settings {
		names = append(names, setting.Name)
	}
	values := make(map[string]given)
	for pair := range slices.Chunk(root.Content, 2) {
		key, value := pair[0], pair[1]
		here := fmt.Sprintf("%s (%s, line %d)", key.Value, file, key.Line)
		_, twice := values[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, &mistake{
				setting: fmt.Sprintf("%s, line %d,", file, key.Line),
				problem: "has a key that is not a name", remedy: "write one `name: value` a line",
			}
		case !slices.Contains(names, key.Value):
			return nil, &mistake{setting: here, problem: "is no setting", remedy: suggest(key.Value, names, "remove it, --help lists every setting")}
		case twice:
			return nil, &mistake{setting: here, problem: "is there a second time", remedy: "remove one of them"}
		case value.Kind != yaml.ScalarNode || !slices.Contains(plainTags(), value.Tag):
			return nil, &mistake{setting: here, problem: "is not a plain value", remedy: "write one value on the same line, no list, mapping or alias"}
		}
		text := value.Value
		if value.Tag == "!!null" {
			text = ""
		}
		values[key.Value] = given{text, origin{inFile, here}}
	}
	return values, nil
}

// plainTags are the types of YAML values whose text can be read as it is.
func plainTags() []string {
	return []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp"}
}

// parseYAML reads the only document of a file; an empty file has none. What the
// library says of bad YAML may quote the file, so only its line is kept.
func parseYAML(content []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil //nolint:nilnil // No document is no error.
	case err != nil:
		if line := yamlLine.FindStringSubmatch(err.Error()); line != nil {
			return nil, fmt.Errorf("is not valid YAML near line %s", line[1])
		}
		return nil, errors.New("is not valid YAML")
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("has more than one YAML document")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil //nolint:nilnil // Only comments.
	}
	return root, nil
}

var yamlLine = regexp.MustCompile(`\bline ([0-9]+)`)
