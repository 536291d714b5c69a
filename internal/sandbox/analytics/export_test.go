package analytics

const JobCancelled = jobCancelled
const JobEnds = jobEnds
const JobExpired = jobExpired
const JobFailed = jobFailed
const JobFulfilled = jobFulfilled
const JobLifetime = jobLifetime
const JobPending = jobPending
const JobQueued = jobQueued
const JobStarts = jobStarts
const MaxJobs = maxJobs
