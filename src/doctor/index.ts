export type * from "./contract.ts";
export { diagnose } from "./diagnose.ts";
export { formatDiagnosis, type Paint } from "./format.ts";
