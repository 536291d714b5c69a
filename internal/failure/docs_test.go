package failure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every reason that the code can give stands in the table of docs/errors.md, and the
// other way round.
func TestEveryReasonIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	_, table, _ := strings.Cut(string(page), "\n| reason |")
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) < 4 {
			continue
		}
		for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			documented[name[1]] = true
		}
	}
	given := map[string]string{} // where
	err = filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "sandbox": // has errors of its own: the vendor's
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if name := called(n.Fun); len(n.Args) > 1 && (name == "failure.New" || name == "failure.NewHTTP" || name == "say") {
					note(given, n.Args[1], path)
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Reason" {
					note(given, n.Value, path)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(given) < 10 {
		t.Fatalf("found only %v", given)
	}
	for reason, path := range given {
		if !documented[reason] {
			t.Errorf("%s: the reason %q is not in docs/errors.md", path, reason)
		}
		delete(documented, reason)
	}
	for reason := range documented {
		t.Errorf("docs/errors.md has the reason %q, which nothing gives", reason)
	}
}

func called(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// note notes a reason of ours: they are in lower_snake_case.
func note(given map[string]string, value ast.Expr, path string) {
	literal, ok := value.(*ast.BasicLit)
	if !ok {
		return
	}
	text, err := strconv.Unquote(literal.Value)
	if err == nil && regexp.MustCompile("^[a-z_]+$").MatchString(text) {
		given[text] = path
	}
}
