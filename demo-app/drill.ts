import { runFailoverDrill } from "./drill/failover-drill.ts";
import { abortOnInterrupt } from "./interruption.ts";

const { isPassed } = await runFailoverDrill(console.log, abortOnInterrupt());
if (!isPassed) process.exitCode = 1;
