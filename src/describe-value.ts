const MAX_LENGTH = 60;

/** Describes a value in an error message without ever repeating a secret. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return describeString(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

function describeString(value: string): string {
  if (/access_?key|sharedaccess|password|secret|token/i.test(value)) {
    return `a string of ${value.length} characters`;
  }
  const shown = value.replace(/\/\/[^/@]*@/, "//***@");
  return JSON.stringify(shown.length > MAX_LENGTH ? `${shown.slice(0, MAX_LENGTH)}...` : shown);
}
