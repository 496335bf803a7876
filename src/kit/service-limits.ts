/** The service's rule for the name of a group. */
export const maxGroupNameLength = 1024;

/**
 * For the id of a user or a connection the service names no limit; this is the one of a group. It fits
 * into a URL, and is longer than any that the service gives, or an identity provider would.
 */
export const maxIdLength = 1024;

/**
 * For the id of a connection in an event, of which the service's have 31 characters. Whoever reads an
 * event has it in a header, and may keep it as a key of its own.
 */
export const maxEventConnectionIdLength = 256;

/**
 * For the id of a connection of which it is remembered where it lives. With an event each, senders
 * fill that memory, and it must stay as small as it says; what is not remembered is only asked for.
 */
export const maxRememberedConnectionIdLength = 128;

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
