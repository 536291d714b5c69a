package org

// Reference is a named thing of the organisation and how it shows up inside
// other things.
type Reference struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	SelfURI string `json:"selfUri,omitempty"`
}

// Link is a reference without the name, as to a manager or a group.
func (r *Reference) Link() Reference { return Reference{ID: r.ID, SelfURI: r.SelfURI} }
