package transcode

// skip consumes a value that nobody wants. It is checked like any other: what is
// not JSON is an error wherever it is.
func (d *decoder) skip(i int) int {
	i = d.space(i)
	switch c := d.at(i); c {
	case '"':
		i, _ = d.skipText(i + 1)
		return i
	case '{':
		return d.skipObject(i + 1)
	case '[':
		return d.skipList(i + 1)
	case 'n':
		return d.literal(i, "null")
	case 't':
		return d.literal(i, "true")
	case 'f':
		return d.literal(i, "false")
	default:
		if !startsNumber(c) {
			return d.expected(i, "a value")
		}
		_, i = d.number(i)
		return i
	}
}

func (d *decoder) skipObject(i int) int {
	if d.depth++; d.depth > maxDepth {
		return d.fail(i-1, errTooDeep)
	}
	if i = d.space(i); d.at(i) == '}' {
		d.depth--
		return i + 1
	}
	for {
		if i = d.space(i); d.at(i) != '"' {
			return d.expected(i, "the name of a member")
		}
		if i, _ = d.skipText(i + 1); i < 0 {
			return i
		}
		if i = d.space(i); d.at(i) != ':' {
			return d.expected(i, "a colon")
		}
		if i = d.skip(i + 1); i < 0 {
			return i
		}
		switch i = d.space(i); d.at(i) {
		case ',':
			i++
		case '}':
			d.depth--
			return i + 1
		default:
			return d.expected(i, "a comma or the end of the object")
		}
	}
}

func (d *decoder) skipList(i int) int {
	if d.depth++; d.depth > maxDepth {
		return d.fail(i-1, errTooDeep)
	}
	if i = d.space(i); d.at(i) == ']' {
		d.depth--
		return i + 1
	}
	for {
		if i = d.skip(i); i < 0 {
			return i
		}
		switch i = d.space(i); d.at(i) {
		case ',':
			i++
		case ']':
			d.depth--
			return i + 1
		default:
			return d.expected(i, "a comma or the end of the list")
		}
	}
}
