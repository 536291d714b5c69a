package org

import (
	"github.com/switchboard-gw/switchboard/internal/sandbox/wire"
)

// Image is a picture of somebody in one size.
type Image struct {
	Resolution string `json:"resolution,omitempty"`
	ImageURI   string `json:"imageUri,omitempty"`
}

// Biography is what somebody says of themselves.
type Biography struct {
	Biography string      `json:"biography,omitempty"`
	Interests []string    `json:"interests,omitempty"`
	Hobbies   []string    `json:"hobbies,omitempty"`
	Spouse    string      `json:"spouse,omitempty"`
	Education []Education `json:"education,omitempty"`
}

// Education is a part of a biography.
type Education struct {
	School       string `json:"school,omitempty"`
	FieldOfStudy string `json:"fieldOfStudy,omitempty"`
	Notes        string `json:"notes,omitempty"`
	DateStart    string `json:"dateStart,omitempty"`
	DateEnd      string `json:"dateEnd,omitempty"`
}

// EmployerInfo is what the employer knows of somebody.
type EmployerInfo struct {
	OfficialName string `json:"officialName,omitempty"`
	EmployeeID   string `json:"employeeId,omitempty"`
	EmployeeType string `json:"employeeType,omitempty"`
	DateHire     string `json:"dateHire,omitempty"`
}

// UserLocation is where somebody sits.
type UserLocation struct {
	ID          string                 `json:"id,omitempty"`
	FloorplanID string                 `json:"floorplanId,omitempty"`
	Coordinates map[string]wire.Double `json:"coordinates,omitempty"`
	Notes       string                 `json:"notes,omitempty"`
	Definition  *Location              `json:"locationDefinition,omitempty"`
}

// Location is an office of the organisation.
type Location struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Address *LocationAddress `json:"address,omitempty"`
	State   string           `json:"state,omitempty"`
	Version int32            `json:"version"`
	SelfURI string           `json:"selfUri"`
}

// LocationAddress is where an office is.
type LocationAddress struct {
	City    string `json:"city"`
	Country string `json:"country"`
	Street1 string `json:"street1"`
	Zipcode string `json:"zipcode"`
}

// Pictures are those that were given, or else the usual ones.
func (u *User) Pictures() []Image {
	if !u.Pictured {
		return u.Images
	}
	images := make([]Image, 0, 6)
	for _, size := range []string{"x48", "x96", "x128", "x200", "x300", "x400"} {
		images = append(images, Image{
			Resolution: size,
			ImageURI:   "https://images.example.com/users/" + u.ID + "/" + size + ".jpg?x=1&y=2",
		})
	}
	return images
}
