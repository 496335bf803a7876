/**
 * The user of the connections that this package makes to an endpoint to find out what it does. Event
 * handlers of the application do not hear of them.
 */
export const PROBE_USER_ID = "resilient-pubsub.probe";
