/** The service's rule for the name of a group. */
export const maxGroupNameLength = 1024;

/** The service names no limit for a user's id; this is the one of a group, and fits into a URL. */
export const maxUserIdLength = 1024;

/** A role may end in the name of a group. */
export const maxRoleLength = "webpubsub.joinLeaveGroup.".length + maxGroupNameLength;

/**
 * The longest URL that a client can connect with. Microsoft's guide to the sibling service, which
 * takes tokens in the same way, says 12 K; servers and proxies in between take 16 kB of headers.
 */
export const maxClientUrlLength = 12 * 1024;
