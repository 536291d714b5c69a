package faults

const DriftMember = driftMember
const DriftStatus = driftStatus
const MaxFaults = maxFaults
