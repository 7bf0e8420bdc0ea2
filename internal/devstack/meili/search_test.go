package meili

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"
)

func stringReader(s string) io.Reader { return strings.NewReader(s) }

// Expected values: meilisearch.com/docs, "Typo tolerance settings" (word
// sizes), "Typo tolerance vs fuzzy search" (first letter, transposition).
func TestTypoTolerance(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	index := fill(t, client, "words", &meilisearch.Settings{SearchableAttributes: []string{"text", "reference"},
		TypoTolerance: &meilisearch.TypoTolerance{
			Enabled: true, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
			DisableOnWords: []string{"shrek"}, DisableOnAttributes: []string{"reference"}, DisableOnNumbers: true,
		}},
		[]doc{
			{"id": "seven", "text": "seven"}, {"id": "two", "text": "two"}, {"id": "phone", "text": "phone"},
			{"id": "saturday", "text": "saturday"}, {"id": "application", "text": "application"}, {"id": "shrek", "text": "shrek"}, {"id": "shrok", "text": "shrok"},
			{"id": "number", "text": "1234567890"}, {"id": "reference", "reference": "kangaroo"}, {"id": "accent", "text": "Émigré"},
		})
	for _, test := range []struct {
		name, q string
		want    []string
	}{
		{"one typo from five characters", "sevem ", []string{"seven"}},
		{"another vowel", "sevan ", []string{"seven"}},
		{"none under five", "tow ", []string{}},
		{"a transposition is one typo", "phnoe ", []string{"phone"}},
		{"one typo from five characters is not two", "sevxm ", []string{}},
		{"the first letter counts double", "caturday ", []string{}},
		{"the first letter is right", "satuxday ", []string{"saturday"}},
		{"two typos from nine characters", "aplicatoin ", []string{"application"}},
		{"three typos are too many", "aplxcatoin ", []string{}},
		{"the first letter, and nine characters", "upplication ", []string{"application"}},
		{"the first letter and another one", "uplication ", []string{}},
		{"a query word that is exempt", "shrek ", []string{"shrek"}},
		{"numbers are exact", "1234567891 ", []string{}},
		{"the number itself", "1234567890 ", []string{"number"}},
		{"an attribute that is exempt", "kangroo ", []string{}},
		{"its word itself", "kangaroo ", []string{"reference"}},
		{"accents and case aside", "EMIGRE ", []string{"accent"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, ids(t, index, test.q, meilisearch.SearchRequest{})); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.q, diff)
			}
		})
	}
}
