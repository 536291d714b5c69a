package users

const MaxExternalIDs = maxExternalIDs
