// Renders Go templates with sprig's functions for ApplicationSets that say goTemplate: true.
//
// Standard input is {"seconds": number, "jobs": [{"template": any, "params": any, "options": [string]}]}; standard
// output is a line for each job, in their order: {"value": any} or {"error": string, "path": [string or number]}.
// A job that takes longer than the seconds, or more memory than there is, ends the program: the first job without
// a line is the one.
// Every string and every key of a template is rendered by itself, and nothing that a parameter holds is ever
// parsed as a template. The program reads no file, no variable and no network.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"sort"
	"strings"
	"syscall"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
	"github.com/gosimple/slug"
	"sigs.k8s.io/yaml"
)

const (
	mostMemory   = 1 << 30
	longestText  = 4 << 20
	longestName  = 253
	longestSlug  = 50
	longestError = 600
)

type job struct {
	Template any      `json:"template"`
	Params   any      `json:"params"`
	Options  []string `json:"options"`
}

type result struct {
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
	Path  []any  `json:"path,omitempty"`
}

func main() {
	limitMemory()
	var order struct {
		Seconds float64 `json:"seconds"`
		Jobs    []job   `json:"jobs"`
	}
	decoder := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	if err := decoder.Decode(&order); err != nil {
		fmt.Fprintf(os.Stderr, "the order cannot be read: %v\n", err)
		os.Exit(2)
	}
	press := &press{parsed: map[string]*template.Template{}}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for _, one := range order.Jobs {
		watch := time.AfterFunc(time.Duration(order.Seconds*float64(time.Second)), func() {
			fmt.Fprintln(os.Stderr, "out of time")
			os.Exit(3)
		})
		made := press.run(one)
		watch.Stop()
		if err := encoder.Encode(made); err != nil {
			fmt.Fprintf(os.Stderr, "a result cannot be written: %v\n", err)
			os.Exit(2)
		}
	}
}

// A template can ask for any amount of text (repeat); the machine has others to serve.
func limitMemory() {
	debug.SetMemoryLimit(mostMemory * 3 / 4)
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: mostMemory, Max: mostMemory})
}

type press struct {
	parsed map[string]*template.Template
}

type failure struct {
	path    []any
	message string
}

func (f *failure) Error() string { return f.message }

func (p *press) run(one job) (made result) {
	defer func() {
		if trouble := recover(); trouble != nil {
			made = result{Error: shortened(fmt.Sprint(trouble))}
		}
	}()
	value, err := p.render(one.Template, &one, nil)
	if err != nil {
		return result{Error: shortened(err.message), Path: err.path}
	}
	return result{Value: value}
}

func (p *press) render(value any, one *job, path []any) (any, *failure) {
	switch given := value.(type) {
	case string:
		return p.text(given, one, path)
	case []any:
		made := make([]any, len(given))
		for number, member := range given {
			rendered, err := p.render(member, one, extended(path, number))
			if err != nil {
				return nil, err
			}
			made[number] = rendered
		}
		return made, nil
	case map[string]any:
		names := make([]string, 0, len(given))
		for name := range given {
			names = append(names, name)
		}
		sort.Strings(names)
		made := make(map[string]any, len(given))
		for _, name := range names {
			inside := extended(path, name)
			key, err := p.text(name, one, inside)
			if err != nil {
				return nil, err
			}
			rendered, err := p.render(given[name], one, inside)
			if err != nil {
				return nil, err
			}
			made[key.(string)] = rendered
		}
		return made, nil
	}
	return value, nil
}

func (p *press) text(text string, one *job, path []any) (any, *failure) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	parsed, err := p.parse(text, one.Options)
	if err != nil {
		return nil, &failure{path, err.Error()}
	}
	var out bounded
	if err := parsed.Execute(&out, one.Params); err != nil {
		return nil, &failure{path, err.Error()}
	}
	return out.String(), nil
}

func (p *press) parse(text string, options []string) (*template.Template, error) {
	name := strings.Join(options, "\x00") + "\x00\x00" + text
	if known, found := p.parsed[name]; found {
		return known, nil
	}
	made, err := template.New("").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	made = made.Option(options...) // panics for an option that Go does not know
	p.parsed[name] = made
	return made, nil
}

type bounded struct{ strings.Builder }

func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > longestText {
		return 0, fmt.Errorf("the text is longer than %d MiB", longestText>>20)
	}
	return b.Builder.Write(data)
}

func extended(path []any, step any) []any {
	return append(append(make([]any, 0, len(path)+1), path...), step)
}

func shortened(text string) string {
	if len(text) > longestError {
		return strings.ToValidUTF8(text[:longestError], "") + "…"
	}
	return text
}

var functions = func() template.FuncMap {
	made := sprig.TxtFuncMap()
	for _, ambient := range []string{"env", "expandenv", "getHostByName"} {
		delete(made, ambient)
	}
	made["repeat"] = repeat
	made["normalize"] = normalize
	made["slugify"] = slugify
	made["toYaml"] = toYaml
	made["fromYaml"] = fromYaml
	made["fromYamlArray"] = fromYamlArray
	return made
}()

// sprig's own asks for all of its memory at once, which would end the other templates with this one.
func repeat(count int, text string) (string, error) {
	if count < 0 || count*len(text) > longestText {
		return "", fmt.Errorf("repeat: the text would be longer than %d MiB", longestText>>20)
	}
	return strings.Repeat(text, count), nil
}

var notOfAName = regexp.MustCompile("[^-a-z0-9.]")

// What a DNS subdomain may hold (Argo CD, "Go Template").
func normalize(name string) string {
	name = notOfAName.ReplaceAllString(strings.ToLower(name), "-")
	if len(name) > longestName {
		name = name[:longestName]
	}
	return strings.Trim(name, "-.")
}

// slugify [longest] [cut at words] name
func slugify(arguments ...any) (string, error) {
	longest, atWords := longestSlug, true
	if len(arguments) == 0 || len(arguments) > 3 {
		return "", fmt.Errorf("slugify takes a name, and before it a length and whether to cut at words")
	}
	name, isText := arguments[len(arguments)-1].(string)
	if !isText {
		return "", fmt.Errorf("slugify: the name is no string")
	}
	if len(arguments) > 1 {
		number, isNumber := arguments[0].(int)
		if !isNumber {
			return "", fmt.Errorf("slugify: the length is no whole number")
		}
		longest = number
	}
	if len(arguments) > 2 {
		flag, isFlag := arguments[1].(bool)
		if !isFlag {
			return "", fmt.Errorf("slugify: whether to cut at words is neither true nor false")
		}
		atWords = flag
	}
	slug.MaxLength, slug.EnableSmartTruncate = longest, atWords
	return slug.Make(name), nil
}

func toYaml(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}

func fromYaml(text string) (map[string]any, error) {
	made := map[string]any{}
	err := yaml.Unmarshal([]byte(text), &made)
	return made, err
}

func fromYamlArray(text string) ([]any, error) {
	made := []any{}
	err := yaml.Unmarshal([]byte(text), &made)
	return made, err
}
