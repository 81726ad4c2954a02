// Package greeting knows how to greet people.
package greeting

import (
	"fmt"

	"golang.org/x/text/language"
)

var (
	supported = []language.Tag{language.English, language.German, language.French}
	matcher   = language.NewMatcher(supported)
	patterns  = []string{"Hello, %s!", "Guten Tag, %s!", "Bonjour, %s !"}
)

// For greets a person in a language, given as a BCP 47 tag such as "de-AT". An unknown language is greeted in
// English; text that is no tag at all is an error.
func For(tag, name string) (string, error) {
	wanted, err := language.Parse(tag)
	if err != nil {
		return "", fmt.Errorf("language %q: %w", tag, err)
	}
	_, index, _ := matcher.Match(wanted)
	return fmt.Sprintf(patterns[index], name), nil
}
