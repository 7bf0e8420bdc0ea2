package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTextsByLanguage(t *testing.T) {
	t.Parallel()
	c, err := Load(env(map[string]string{
		"AGENCY_HOURS": "Mornings", "AGENCY_HOURS_ES": `Por la mañana\nmenos los lunes`, "AGENCY_HOURS_PT_BR": "De manhã",
		"AGENCY_BURDEN_TEXT_ES": "Poco",
	}), NeedNothing)
	if err != nil {
		t.Fatal(err)
	}
	type said struct{ Text, Written string }
	got := map[string]said{}
	for name, text := range map[string]Text{"hours": c.Agency.Hours, "burden": c.Agency.BurdenText, "emergency": c.Agency.EmergencyText, "none": {}} {
		for _, language := range []string{"en", "es", "es-MX", "pt-BR", "fr"} {
			if words, written := text.In(language); words != "" {
				got[name+" "+language] = said{words, written}
			}
		}
	}
	want := map[string]said{
		"hours en": {"Mornings", "en"}, "hours es": {"Por la mañana\nmenos los lunes", "es"}, "hours es-MX": {"Por la mañana\nmenos los lunes", "es-MX"},
		"hours pt-BR": {"De manhã", "pt-BR"}, "hours fr": {"Mornings", "en"},
		"burden es": {"Poco", "es"}, "burden es-MX": {"Poco", "es-MX"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
