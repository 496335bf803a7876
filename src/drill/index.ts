export { type DrillReport, runDrill } from "./drill.ts";
export { EmulatorAdmin } from "./emulator-admin.ts";
export { drillMarkdown } from "./report.ts";
