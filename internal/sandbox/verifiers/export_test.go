package verifiers

const ChallengeLifetime = challengeLifetime
const MaxChallenges = maxChallenges
