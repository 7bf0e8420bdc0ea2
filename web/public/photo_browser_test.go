package public_test

import (
	"bytes"
	"image"
	"image/color"
	camera "image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// A photograph of a page goes up smaller, turned as its camera says, with every pixel that 300 dots per inch of a Letter page need; what is small
// already, and what only pretends to be a photograph, goes up as it is.
func TestBrowserMakesPhotosSmaller(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	small := photograph(t, 900, 1200)
	broken := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), make([]byte, 3<<20)...)
	for name, content := range map[string][]byte{"page.jpg": turned(photograph(t, 4000, 3000)), "small.jpg": small, "broken.jpg": broken} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	desk, tab := webtest.New(t), testkit.Browser(t)
	tab.Goto(desk.URL + "/inquiries/new")
	tab.Upload("#attachments", filepath.Join(folder, "page.jpg"), filepath.Join(folder, "small.jpg"), filepath.Join(folder, "broken.jpg"))
	tab.WaitFor(`document.querySelectorAll('.upload__file[data-state="done"]').length === 3`)
	said := testkit.Eval[[]string](tab, `[...document.querySelectorAll(".upload__file")].map(e => e.querySelector(".upload__name").textContent + ": " + e.querySelector(".upload__state").textContent)`)
	for i, name := range []string{"page.jpg", "small.jpg", "broken.jpg"} {
		if shrunk := strings.Contains(said[i], "made the photo smaller"); !strings.HasPrefix(said[i], name) || shrunk != (i == 0) {
			t.Errorf("%s: the page says %q", name, said[i])
		}
	}
	for selector, value := range map[string]string{
		"#category": "card-not-received", "#name": "Ana", "#email": "ana@mail.example", "#subject": "My card", "#question": "Where is it?",
	} {
		testkit.Eval[string](tab, `document.querySelector("`+selector+`").value = "`+value+`"`)
	}
	tab.ClickAndLoad("#inquiry .actions button")
	tab.ClickAndLoad("#inquiry .actions button")
	if got := attached(t, desk, "page.jpg"); len(got) > 5<<20 {
		t.Errorf("the page has %d bytes", len(got))
	} else if p, err := camera.DecodeConfig(bytes.NewReader(got)); err != nil || p.Width != 2625 || p.Height != 3500 {
		t.Errorf("the page has %d by %d pixels (%v), want 2625 by 3500", p.Width, p.Height, err)
	}
	if !bytes.Equal(attached(t, desk, "small.jpg"), small) || !bytes.Equal(attached(t, desk, "broken.jpg"), broken) {
		t.Error("what cannot be made smaller was changed")
	}
}

func attached(t *testing.T, desk *webtest.Desk, name string) []byte {
	t.Helper()
	var key string
	if err := desk.DB.QueryRow(t.Context(), `SELECT storage_key FROM attachment WHERE name = $1`, name).Scan(&key); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	file, err := desk.Files.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(file); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// photograph has a sensor's noise, without which a JPEG is small whatever its size.
func photograph(t *testing.T, width, height int) []byte {
	t.Helper()
	picture, random := image.NewGray(image.Rect(0, 0, width, height)), rand.New(rand.NewPCG(1, 1))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(200 + random.IntN(24))
	}
	picture.SetGray(0, 0, color.Gray{})
	var b bytes.Buffer
	if err := camera.Encode(&b, picture, &camera.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turned is the photograph as a camera writes it that was held upright: Exif 2.32, Orientation 6.
func turned(photo []byte) []byte {
	exif := []byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	return append(append(photo[:2:2], exif...), photo[2:]...)
}
