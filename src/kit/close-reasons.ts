/**
 * How the reason begins that displaced clients are closed with; the name of their primary follows,
 * as in `failback: eastus`.
 */
export const FAILBACK_REASON_PREFIX = "failback: ";

/**
 * How the reason begins that clients are given when they are closed because all are to be elsewhere:
 * servers have agreed on another endpoint, or theirs is evacuated. The name of the endpoint that is
 * served instead follows.
 */
export const MOVE_REASON_PREFIX = "moved: ";
