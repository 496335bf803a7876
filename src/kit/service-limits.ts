/** The service's rule for the name of a group. */
export const maxGroupNameLength = 1024;

/** The service names no limit for a user's id; this is the one of a group, and fits into a URL. */
export const maxUserIdLength = 1024;

/** Far longer than any that the service gives. */
export const maxConnectionIdLength = 1024;

/** A role may end in the name of a group. */
export const maxRoleLength = "webpubsub.joinLeaveGroup.".length + maxGroupNameLength;

/** Clients are told it in a frame of a WebSocket, which has room for 123 bytes. */
export const maxReasonLength = 1024;

/** In a URL, of which servers take 8 kB as a rule. */
export const maxFilterLength = 8192;

/** In the body of a request. */
export const maxBodyFilterLength = 32_768;

/** Connections that one broadcast may leave out; all of them stand in its URL. */
export const maxExcludedConnections = 1000;

/** The service's rule for how long it tries to deliver a message. */
export const maxMessageTtlInSeconds = 300;

/** The service's rule for a page of a list. */
export const maxPageMembers = 200;

/** The greatest lifetime of a client token that the service takes. */
export const maxTokenLifetimeInMinutes = 2 ** 31 - 1;

/**
 * The longest URL that a client can connect with. Microsoft's guide to the sibling service, which
 * takes tokens in the same way, says 12 K; servers and proxies in between take 16 kB of headers.
 */
export const maxClientUrlLength = 12 * 1024;
