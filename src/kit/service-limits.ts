/** The service's rule for the name of a group. */
export const maxGroupNameLength = 1024;

/**
 * For the id of a user or a connection the service names no limit; this is the one of a group. It fits
 * into a URL, and is longer than any that the service gives, or an identity provider would.
 */
export const maxIdLength = 1024;

/** A role may end in the name of a group. */
export const maxRoleLength = "webpubsub.joinLeaveGroup.".length + maxGroupNameLength;

/**
 * The longest URL that a client can connect with. Microsoft's guide to the sibling service, which
 * takes tokens in the same way, says 12 K; servers and proxies in between take 16 kB of headers.
 */
export const maxClientUrlLength = 12 * 1024;
