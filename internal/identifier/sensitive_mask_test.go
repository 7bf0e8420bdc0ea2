package identifier

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMaskSensitive(t *testing.T) {
	t.Parallel()
	ssn, card := []Kind{KindSSN}, []Kind{KindPaymentCard}
	tests := []struct {
		name, in, want string
		kinds          []Kind
	}{
		{"dashes", "my ssn 127-90-7167 ok", "my ssn " + Marker + " ok", ssn},
		{"blanks", "ssn 127 90 7167.", "ssn " + Marker + ".", ssn},
		{"dots", "(127.90.7167)", "(" + Marker + ")", ssn},
		{"full width", "é １２７－９０－７１６７é", "é " + Marker + "é", ssn},
		{"after Chinese", "社会保障号127-90-7167", "社会保障号" + Marker, ssn},
		{"soft hyphen inside", "127-90-71\u00ad67!", Marker + "!", ssn},
		{"no-break hyphens", "127‑90‑7167", Marker, ssn},
		{"letter after", "127-90-7167A", Marker + "A", ssn},
		{"named, bare", "My social security number is 127907167.", "My social security number is " + Marker + ".", ssn},
		{"named in Spanish, bare", "mi seguro social es 127907167", "mi seguro social es " + Marker, ssn},
		{"named, run together", "SSN127-90-7167", "SSN" + Marker, ssn},
		{"twice", "127-90-7167, 128-90-7167", Marker + ", " + Marker, ssn},
		{"taxpayer number", "ITIN 912-70-1234", "ITIN " + Marker, []Kind{KindITIN}},
		{"card in fours", "card 4111-1111-1111-1111 exp 12/27", "card " + Marker + " exp 12/27", card},
		{"card with blanks and expiry", "4111 1111 1111 1111 12/27 123", Marker + " 12/27 123", card},
		{"card in one run", "pay 5555555555554444", "pay " + Marker, card},
		{"American Express", "3782 822463 10005", Marker, card},
		{"Diners", "3056 930902 5904", Marker, card},
		{"in an email address", "ana.127-90-7167@mail.example, ana127-90-7167@mail.example", "ana." + Marker + "@mail.example, ana" + Marker + "@mail.example", ssn},
		{"in a web address", "https://x.example/me/127-90-7167?a=127-90-7167&b=1", "https://x.example/me/" + Marker + "?a=" + Marker + "&b=1", ssn},
		{"named in a web address", "https://x.example/?ssn=127907167", "https://x.example/?ssn=" + Marker, ssn},
		{"a card in a web address", "https://x.example/?pay=4111-1111-1111-1111", "https://x.example/?pay=" + Marker, card},
		{"both", "127-90-7167 and 4111111111111111", Marker + " and " + Marker, []Kind{KindSSN, KindPaymentCard}},
		{"card then number", "4111 1111 1111 1111 127 90 7167", Marker + " " + Marker, []Kind{KindPaymentCard, KindSSN}},

		{"areas that do not exist", "000-12-3456 666-12-3456 900-12-3456", "", nil},
		{"group and serial that do not exist", "123-00-4567 123-45-0000", "", nil},
		{"account numbers", "163920702842, 1639 2070 2842, 1639-2070-2842", "", nil},
		{"account numbers in a row", "1639 2070 2842 7247 0764 4608", "", nil},
		{"receipt numbers", "IOE0912345678 EAC-22-123-45678", "", nil},
		{"A-Number", "A-127-90-7167, A127907167, 127907167", "", nil},
		{"telephones", "305-555-0123, (305) 555-0123, +1 305 555 0123, +380 67 123 4567, +44 127 90 7167", "", nil},
		{"ZIP code and dates", "33101-1234, 12-31-2024, 2024-12-31, 12/27 12/01/2017", "", nil},
		{"longer chain", "127-90-7167-1, 1-127-90-7167", "", nil},
		{"a run inside a web address", "https://x.example/4111111111111111 https://x.example/127907167", "", nil},
		{"an A-Number in an address", "https://x.example/A127-90-7167", "", nil},
		{"a long id", "story_fbid=1658908090800593&id=190296407661776", "", nil},
		{"Luhn fails", "4111 1111 1111 1112", "", nil},
		{"no such issuer", "1234567812345670", "", nil},
		{"twenty digits", "41111111111111111111", "", nil},
		{"invalid UTF-8 stays", "\xff127 \xfe", "", nil},
		{"empty", "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if tt.kinds == nil {
				want = tt.in
			}
			masked, kinds := MaskSensitive(tt.in)
			if diff := cmp.Diff(want, masked); diff != "" {
				t.Errorf("MaskSensitive(%q) (-want +got):\n%s", tt.in, diff)
			}
			if diff := cmp.Diff(tt.kinds, kinds); diff != "" {
				t.Errorf("kinds of %q (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}
