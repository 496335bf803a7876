/** Of the REST API, as `@azure/web-pubsub` has it. */
export const API_VERSION = "2024-12-01";

/** The service's health route, which needs no credentials. */
export const HEALTH_PATH = `/api/health?api-version=${API_VERSION}`;
