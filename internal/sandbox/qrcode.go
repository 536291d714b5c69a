package sandbox

import (
	"bytes"
	raster "image"
	"image/color"
	"image/png"
)

// This file draws a text as a QR code (ISO/IEC 18004): byte mode, error correction
// level L, versions 1 to 20. The mask is always the first of the eight: readers take
// any, the choice among them is for bad print.
//
// A text becomes codewords (qrData), which are cut into blocks with a checksum each
// and interleaved (qrBlocks). The grid gets the patterns that a reader finds its way
// by (qrGrid.patterns), then the codewords on what they leave free (qrGrid.fill).

const (
	maxQRVersion = 20
	qrPixels     = 4 // a module is that many wide and high
	qrMargin     = 4 // in modules
)

// Of each version, from 1: checksum codewords of a block, and blocks.
var (
	qrChecksums = [...]int{7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28}
	qrBlockings = [...]int{1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8}
)

// qrPicture is a PNG of the code; nil when the text is too long for one.
func qrPicture(text string) ([]byte, error) {
	version, codewords := qrData(text)
	if codewords == nil {
		return nil, nil
	}
	g := newQRGrid(version)
	g.patterns()
	g.fill(qrBlocks(version, codewords))
	return g.png()
}

// qrData is the text as codewords, as many as the smallest version that holds it
// has. They are nil if none does.
func qrData(text string) (version int, codewords []byte) {
	for version = 1; version <= maxQRVersion; version++ {
		room := qrCodewords(version) - qrBlockings[version-1]*qrChecksums[version-1]
		counter := 8 // bits
		if version > 9 {
			counter = 16
		}
		if 4+counter+8*len(text) > 8*room {
			continue
		}
		var w bitWriter
		w.put(0b0100, 4) // byte mode
		w.put(len(text), counter)
		for i := range len(text) {
			w.put(int(text[i]), 8)
		}
		w.put(0, min(4, 8*room-w.bits)) // terminator
		w.put(0, (8-w.bits%8)%8)
		for pad := 0xec; len(w.bytes) < room; pad ^= 0xec ^ 0x11 {
			w.put(pad, 8)
		}
		return version, w.bytes
	}
	return 0, nil
}

// qrCodewords is how many fit into a version, checksums included.
func qrCodewords(version int) int {
	modules := (16*version+128)*version + 64
	if version > 1 {
		aligned := version/7 + 2
		modules -= (25*aligned-10)*aligned - 55
	}
	if version > 6 {
		modules -= 36
	}
	return modules / 8
}

// bitWriter packs numbers, most significant bit first.
type bitWriter struct {
	bytes []byte
	bits  int
}

func (w *bitWriter) put(value, bits int) {
	for bits--; bits >= 0; bits-- {
		if w.bits%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		w.bytes[w.bits/8] |= byte(value>>bits&1) << (7 - w.bits%8)
		w.bits++
	}
}

// qrBlocks cuts codewords into blocks, of which the last ones may be longer by one,
// and interleaves them and their checksums.
func qrBlocks(version int, codewords []byte) []byte {
	blocks, length := qrBlockings[version-1], qrChecksums[version-1]
	short := len(codewords) / blocks
	longer := len(codewords) % blocks
	data, checksums := make([][]byte, blocks), make([][]byte, blocks)
	generator := reedSolomonGenerator(length)
	for i, rest := 0, codewords; i < blocks; i++ {
		size := short
		if i >= blocks-longer {
			size++
		}
		data[i], rest = rest[:size], rest[size:]
		checksums[i] = reedSolomon(data[i], generator)
	}
	return append(interleave(data, short+1), interleave(checksums, length)...)
}

func interleave(blocks [][]byte, longest int) []byte {
	var all []byte
	for i := range longest {
		for _, block := range blocks {
			if i < len(block) {
				all = append(all, block[i])
			}
		}
	}
	return all
}

// reedSolomonGenerator is the polynomial whose roots are the first powers of 2, by
// descending power, without its leading 1.
func reedSolomonGenerator(degree int) []byte {
	polynomial := make([]byte, degree)
	polynomial[degree-1] = 1
	root := byte(1)
	for range degree {
		for i := range polynomial {
			polynomial[i] = galoisProduct(polynomial[i], root)
			if i+1 < degree {
				polynomial[i] ^= polynomial[i+1]
			}
		}
		root = galoisProduct(root, 2)
	}
	return polynomial
}

// reedSolomon is the rest of data divided by the generator.
func reedSolomon(data, generator []byte) []byte {
	rest := make([]byte, len(generator))
	for _, b := range data {
		factor := b ^ rest[0]
		copy(rest, rest[1:])
		rest[len(rest)-1] = 0
		for i, coefficient := range generator {
			rest[i] ^= galoisProduct(coefficient, factor)
		}
	}
	return rest
}

// galoisProduct multiplies in the field of 256 elements modulo 0x11d.
func galoisProduct(a, b byte) byte {
	product := 0
	for bit := 7; bit >= 0; bit-- {
		product = product<<1 ^ product>>7*0x11d
		product ^= int(b>>bit&1) * int(a)
	}
	return byte(product)
}

// qrGrid is a square of modules, by row and column. What is fixed is pattern.
type qrGrid struct {
	version, size int
	dark, fixed   [][]bool
}

func newQRGrid(version int) *qrGrid {
	g := &qrGrid{version: version, size: 17 + 4*version}
	for range g.size {
		g.dark = append(g.dark, make([]bool, g.size))
		g.fixed = append(g.fixed, make([]bool, g.size))
	}
	return g
}

func (g *qrGrid) set(row, column int, dark bool) {
	g.dark[row][column], g.fixed[row][column] = dark, true
}

// patterns draws all that does not depend on the text.
func (g *qrGrid) patterns() {
	for i := range g.size { // timing
		g.set(6, i, i%2 == 0)
		g.set(i, 6, i%2 == 0)
	}
	last := g.size - 4
	for _, corner := range [][2]int{{3, 3}, {3, last}, {last, 3}} {
		g.rings(corner, 4, func(ring int) bool { return ring != 2 && ring != 4 })
	}
	centres := g.alignments()
	for _, row := range centres {
		for _, column := range centres {
			if corner := min(row, column) == 6 && (max(row, column) == 6 || max(row, column) == g.size-7); corner {
				continue
			}
			g.rings([2]int{row, column}, 2, func(ring int) bool { return ring != 1 })
		}
	}
	g.format()
	if g.version > 6 {
		bits := withRemainder(g.version, 12, 0x1f25)
		for i := range 18 {
			near, far := i/3, g.size-11+i%3
			g.set(near, far, bits>>i&1 == 1)
			g.set(far, near, bits>>i&1 == 1)
		}
	}
}

// rings draws squares around a centre, as far as they are on the grid.
func (g *qrGrid) rings(centre [2]int, radius int, dark func(ring int) bool) {
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			row, column := centre[0]+y, centre[1]+x
			if row >= 0 && row < g.size && column >= 0 && column < g.size {
				g.set(row, column, dark(max(x, -x, y, -y)))
			}
		}
	}
}

// alignments are the rows, and columns, in which alignment patterns stand.
func (g *qrGrid) alignments() []int {
	if g.version == 1 {
		return nil
	}
	count := g.version/7 + 2
	step := (g.version*4 + count*2 + 1) / (count*2 - 2) * 2
	centres := []int{6}
	for i := count - 2; i >= 0; i-- {
		centres = append(centres, g.size-7-i*step)
	}
	return centres
}

// format says twice which error correction (L is 01) and mask (000) there are.
func (g *qrGrid) format() {
	bits := withRemainder(0b01000, 10, 0x537) ^ 0x5412
	for i := range 15 {
		dark := bits>>i&1 == 1
		switch { // around the upper left corner, past the timing patterns
		case i < 6:
			g.set(i, 8, dark)
		case i < 8:
			g.set(i+1, 8, dark)
		case i == 8:
			g.set(8, 7, dark)
		default:
			g.set(8, 14-i, dark)
		}
		if i < 8 {
			g.set(8, g.size-1-i, dark)
		} else {
			g.set(g.size-15+i, 8, dark)
		}
	}
	g.set(g.size-8, 8, true)
}

// withRemainder appends to a number what is left of it after division by a
// polynomial of that degree.
func withRemainder(number, degree, polynomial int) int {
	rest := number
	for range degree {
		rest = rest<<1 ^ rest>>(degree-1)*polynomial
	}
	return number<<degree | rest
}

// fill lays the codewords, masked, on what is free: in columns of two, from the
// right, up and down in turns, past the vertical timing pattern.
func (g *qrGrid) fill(codewords []byte) {
	next := 0
	for right, up := g.size-1, true; right > 0; right, up = right-2, !up {
		if right == 6 {
			right--
		}
		for i := range g.size {
			row := i
			if up {
				row = g.size - 1 - i
			}
			for _, column := range []int{right, right - 1} {
				if g.fixed[row][column] {
					continue
				}
				dark := next < 8*len(codewords) && codewords[next/8]>>(7-next%8)&1 == 1
				g.dark[row][column] = dark != ((row+column)%2 == 0)
				next++
			}
		}
	}
}

func (g *qrGrid) png() ([]byte, error) {
	width := (g.size + 2*qrMargin) * qrPixels
	picture := raster.NewPaletted(raster.Rect(0, 0, width, width), color.Palette{color.White, color.Black})
	for row, modules := range g.dark {
		for column, dark := range modules {
			for pixel := 0; dark && pixel < qrPixels*qrPixels; pixel++ {
				x, y := (qrMargin+column)*qrPixels+pixel%qrPixels, (qrMargin+row)*qrPixels+pixel/qrPixels
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var encoded bytes.Buffer
	err := png.Encode(&encoded, picture)
	return encoded.Bytes(), err
}
