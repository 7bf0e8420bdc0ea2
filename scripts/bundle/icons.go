package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var svgElement = regexp.MustCompile(`(?s)<svg[^>]*viewBox="([^"]+)"[^>]*>(.*)</svg>`)

// addIcons joins the icons that icons.txt names into one sprite: those of assets/icons first, else those of USWDS.
func (b bundler) addIcons(_ context.Context, m *manifest) error {
	list, err := os.ReadFile(filepath.Join(b.assets, "icons.txt"))
	if err != nil {
		return err
	}
	var sprite strings.Builder
	sprite.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for line := range strings.Lines(string(list)) {
		name := strings.TrimSpace(line)
		if name == "" || strings.HasPrefix(name, "#") || slices.Contains(m.Icons, name) {
			continue
		}
		data, err := b.iconSource(name)
		if err != nil {
			return err
		}
		parts := svgElement.FindSubmatch(data)
		if parts == nil {
			return fmt.Errorf("icon %q is no svg with a viewBox", name)
		}
		fmt.Fprintf(&sprite, `<symbol id="%s" viewBox="%s">%s</symbol>`, name, parts[1], strings.TrimSpace(string(parts[2])))
		m.Icons = append(m.Icons, name)
	}
	sprite.WriteString("</svg>\n")
	m.add("icons.svg", []byte(sprite.String()))
	return nil
}

func (b bundler) iconSource(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(b.assets, "icons", name+".svg"))
	if err == nil {
		return data, nil
	}
	data, err = os.ReadFile(filepath.Join(b.modules, "@uswds", "uswds", "dist", "img", "usa-icons", name+".svg"))
	if err != nil {
		return nil, fmt.Errorf("icon %q is neither in assets/icons nor in USWDS: %w", name, err)
	}
	return data, nil
}

// addStatic adds the files of assets/static as they are.
func (b bundler) addStatic(_ context.Context, m *manifest) error {
	files, err := filepath.Glob(filepath.Join(b.assets, "static", "*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		m.add(filepath.Base(file), data)
	}
	return nil
}
