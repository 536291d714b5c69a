package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func sha256Of(text string) string {
	hash := sha256.Sum256([]byte(text))
	return string(hash[:])
}

// draw shows the modules as text.
func (g *qrGrid) draw() string {
	var text strings.Builder
	for _, row := range g.dark {
		for _, dark := range row {
			text.WriteByte(" #"[map[bool]int{true: 1}[dark]])
		}
		text.WriteByte('\n')
	}
	return text.String()
}

func qrOf(text string) *qrGrid {
	version, codewords := qrData(text)
	g := newQRGrid(version)
	g.patterns()
	g.fill(qrBlocks(version, codewords))
	return g
}

func TestAQRCodeIsTheOneThatReadersRead(t *testing.T) {
	t.Parallel()
	want := strings.Join([]string{
		"#######  # ## #######",
		"#     #  ###  #     #",
		"# ### # ## ## # ### #",
		"# ### #  # #  # ### #",
		"# ### #   # # # ### #",
		"#     #     # #     #",
		"####### # # # #######",
		"        ## ##        ",
		"### ######## ##   #  ",
		"# # #    #    ##    #",
		"  #  ###  # #   # ###",
		"#      # ##   ##    #",
		"## #  ##  # # #  # # ",
		"        #### # ### ##",
		"####### #  # #### ###",
		"#     # #  ### #    #",
		"# ### # #### ####  ##",
		"# ### #       # ## # ",
		"# ### # ### #  #### #",
		"#     # # #   #    # ",
		"####### ##  # #### ##",
		"",
	}, "\n")
	if got := qrOf("otpauth").draw(); got != want {
		t.Errorf("got\n%s", got)
	}
	// One of each kind of version: with alignment patterns, with the version in it,
	// with a longer counter, with blocks of two lengths. An independent reader read
	// them all when these were written down.
	for length, hash := range map[int]string{50: "5c06d3d1bd12f783", 150: "6e8db9eb7b3bf278", 250: "279a60fa868143ae", 800: "a51d25bc8e4019ef"} {
		text := strings.Repeat("Switchboard ", 80)[:length]
		sum := sha256.Sum256([]byte(qrOf(text).draw()))
		if got := hex.EncodeToString(sum[:8]); got != hash {
			t.Errorf("%d bytes: got %s, want %s", length, got, hash)
		}
	}
}

func TestATextThatIsTooLongHasNoQRCode(t *testing.T) {
	t.Parallel()
	for length, drawn := range map[int]bool{0: true, 858: true, 859: false} {
		if picture, err := qrPicture(strings.Repeat("x", length)); err != nil || (picture != nil) != drawn {
			t.Errorf("%d bytes: %d bytes of picture, %v", length, len(picture), err)
		}
	}
}
