package development

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Module is what tests may know of a learning module.
type Module struct{ ID, Name, Kind string }

func Modules() []Module {
	return wire.ViewAll(learningModules[:], func(m learningModule) Module { return Module{m.id, m.name, m.kind} })
}
