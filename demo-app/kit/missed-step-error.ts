/** A step of a drill did not happen; the message says why, for people. */
export class MissedStepError extends Error {}
