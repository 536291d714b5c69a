package sandbox

// What the tests of the whole house look at from inside.
const MaxSeededUsers = maxSeededUsers

var Areas = areas
