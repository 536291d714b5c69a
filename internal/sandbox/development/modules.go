package development

import (
	"time"
)

// Modes of archiving a module: with immediate what is open stops, with graceful
// it may be completed.
const (
	archivedGraceful  = "Graceful"
	archivedImmediate = "Immediate"
)

// learningModule is what can be assigned.
type learningModule struct {
	id, name, kind string
	archivedAgo    time.Duration // before the organisation was made; 0: in use
	archivalMode   string
}

// stopsOpen tells whether assignments that are open were ended by archiving.
func (m *learningModule) stopsOpen() bool { return m.archivalMode == archivedImmediate }

// learningModules have the same ids in every organisation, because no operation
// here tells them.
var learningModules = [...]learningModule{
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b01", name: "Welcome tour", kind: kindInformational},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b02", name: "Data protection", kind: kindAssessedContent},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b03", name: "Product quiz", kind: kindAssessment},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b04", name: "Handling complaints", kind: kindAssessedContent},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b05", name: "Negotiation (guest course)", kind: kindExternal},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b06", name: "Telephone manners", kind: kindInformational,
		archivedAgo: 20 * oneDay, archivalMode: archivedGraceful},
	{id: "0d6c1f5e-5a0b-4c57-9a35-6f1f0c2f4b07", name: "Returns, last year's rules", kind: kindAssessment,
		archivedAgo: 30 * oneDay, archivalMode: archivedImmediate},
}

var coachingTopics = []string{"Call review", "Difficult customers", "Goals of the quarter", "Handling time", "Tone of voice"}
