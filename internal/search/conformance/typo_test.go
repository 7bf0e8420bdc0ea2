package conformance

import "testing"

// "Typo tolerance settings", "Typo tolerance calculations".
func TestTypoTolerance(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"searchableAttributes":["text"]}`, `[
			{"id":"seven","text":"seven"},{"id":"two","text":"two"},{"id":"phone","text":"phone"},
			{"id":"saturday","text":"saturday"},{"id":"application","text":"application"},{"id":"accent","text":"Émigré"},
			{"id":"anyway","text":"anyway"},{"id":"number","text":"20240115"},{"id":"notebook","text":"note book"}]`)
		e.finds(t, uid, []found{
			{"one typo from five characters", `{"q":"sevem "}`, "seven"},
			{"another vowel", `{"q":"sevan "}`, "seven"},
			{"two typos are too many for five characters", `{"q":"sevxm "}`, ""},
			{"none under five characters", `{"q":"tow "}`, ""},
			{"neighbours that changed places are one typo", `{"q":"phnoe "}`, "phone"},
			{"a letter too few", `{"q":"satuday "}`, "saturday"},
			{"a letter too many", `{"q":"saturrday "}`, "saturday"},
			{"another letter", `{"q":"satuxday "}`, "saturday"},
			{"two typos in eight characters", `{"q":"sutuday "}`, ""},
			{"a typo in the first letter counts as two", `{"q":"caturday "}`, ""},
			{"two typos from nine characters", `{"q":"aplicatoin "}`, "application"},
			{"three typos", `{"q":"aplxcatoin "}`, ""},
			{"the first letter in a word of nine and more", `{"q":"upplication "}`, "application"},
			{"the first letter and another one", `{"q":"uplication "}`, ""},
			{"accents and case are no typos", `{"q":"EMIGRE "}`, "accent"},
			{"an accent where there is none", `{"q":"phòne "}`, "phone"},
			{"a typo in a beginning", `{"q":"saturx"}`, "saturday"},
			{"words written together", `{"q":"any way "}`, "anyway"},
			{"a word taken apart", `{"q":"notebook "}`, "notebook"},
			{"numbers have typos too unless that is off", `{"q":"20240125 "}`, "number"},
			{"none in a phrase", `{"q":"\"sevem\""}`, ""},
		})
	})
}

// "Typo tolerance settings": each setting by itself.
func TestTypoSettings(t *testing.T) {
	documents := `[{"id":1,"title":"kangaroo","text":"wallaby"},{"id":2,"title":"shrek","text":"shrok"},{"id":3,"title":"2024","text":"202401 visa"}]`
	for _, c := range []struct {
		name, settings string
		cases          []found
	}{
		{"switched off", `{"enabled":false}`, []found{
			{"no typo", `{"q":"kangroo "}`, ""}, {"the word", `{"q":"kangaroo "}`, "1"}, {"its beginning", `{"q":"kang"}`, "1"},
		}},
		{"disableOnWords", `{"disableOnWords":["Shrek"]}`, []found{
			{"a query word that is exempt", `{"q":"shrek ","attributesToSearchOn":["text"]}`, ""},
			{"another word finds it", `{"q":"shrec ","attributesToSearchOn":["title"]}`, "2"},
			{"in any case", `{"q":"SHREK "}`, "2"},
		}},
		{"disableOnAttributes", `{"disableOnAttributes":["title"]}`, []found{
			{"in the attribute", `{"q":"kangroo "}`, ""}, {"in another", `{"q":"walaby "}`, "1"}, {"the word itself", `{"q":"kangaroo "}`, "1"},
			{"the beginning of a word", `{"q":"kanga"}`, "1"},
		}},
		{"disableOnNumbers", `{"disableOnNumbers":true}`, []found{
			{"a number", `{"q":"202402 "}`, ""}, {"the number", `{"q":"202401 "}`, "3"}, {"a word", `{"q":"kangroo "}`, "1"},
		}},
		{"minWordSizeForTypos", `{"minWordSizeForTypos":{"oneTypo":4,"twoTypos":5}}`, []found{
			{"one from four", `{"q":"vysa "}`, "3"}, {"two from five", `{"q":"shrxx ","attributesToSearchOn":["title"]}`, "2"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ask(t, func(t *testing.T, e *engine) {
				uid := e.index(t, `{"searchableAttributes":["title","text"],"typoTolerance":`+c.settings+`}`, documents)
				e.finds(t, uid, c.cases)
			})
		})
	}
}
