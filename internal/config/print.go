package config

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// effective writes the settings as the YAML file that would give them again,
// each with where it comes from. A secret is masked, so it has to be given anew.
func effective(model *kong.Application, o origins) (string, error) {
	list := &yaml.Node{Kind: yaml.MappingNode}
	group := ""
	for _, setting := range settingsOf(model) {
		name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: setting.Name}
		if setting.Group.Key != group {
			name.HeadComment = setting.Group.Key
			if group != "" {
				name.HeadComment = "\n# " + setting.Group.Key
			}
			group = setting.Group.Key
		}
		value := new(yaml.Node)
		if err := value.Encode(plain(setting)); err != nil {
			return "", fmt.Errorf("print %s: %w", setting.Name, err)
		}
		value.LineComment = whence(setting, o)
		list.Content = append(list.Content, name, value)
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	if err := encoder.Encode(list); err != nil {
		return "", fmt.Errorf("print the settings: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return "", fmt.Errorf("print the settings: %w", err)
	}
	return text.String(), nil
}

// plain is a setting's value in the YAML type that its owner would write.
func plain(setting *kong.Flag) any {
	written := notation(setting.Tag.Type, setting.Target)
	if kind := setting.Tag.Type; kind == "switch" || kind == "number" || kind == "bytes" && digits.MatchString(written) {
		return setting.Target.Interface()
	}
	return written
}

// whence says where a setting comes from.
func whence(setting *kong.Flag, o origins) string {
	from := o[setting.Name]
	switch {
	case from.source != byDefault:
		return oneLine(from.as)
	case unset(setting):
		return "not set"
	}
	return "default"
}

// unset says whether a setting has no value at all, which only settings without
// a default can be.
func unset(setting *kong.Flag) bool {
	return !setting.HasDefault && setting.Target.Equal(reflect.Zero(setting.Target.Type()))
}
