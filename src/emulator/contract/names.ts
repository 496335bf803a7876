const HUB_NAME = /^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$/;
const EVENT_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

export const isHubName = (name: string): boolean => HUB_NAME.test(name);

export const isEventName = (name: string): boolean => EVENT_NAME.test(name);

export const isGroupName = (name: string): boolean =>
  name.length >= 1 && name.length <= 1024 && name.trim() !== "";

/** Hub names are compared ignoring case; this is the spelling used inside. */
export const canonicalHub = (name: string): string => name.toLowerCase();

// A user id travels to the app server in a header, where control characters cannot be written.
const CONTROL_CHARACTER = /\p{Cc}/u;

export const isUserId = (id: string): boolean => id.length >= 1 && !CONTROL_CHARACTER.test(id);
