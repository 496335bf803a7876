import vm from "node:vm";
import { TestEnvironment } from "jest-environment-node";

/*
 * Each test file has a world of its own, so Jest compiles Express, the SDK and this package anew for
 * every one of them: most of what a small test file costs. Compiled code holds no state, so here a
 * test process compiles each source once and runs the same code in one world after the other.
 */
const scripts = new Map();
const compileFunction = vm.compileFunction;

function scriptOf(filename, code, parameters) {
  const known = scripts.get(filename);
  if (known?.code === code) return known.script;
  const head = `(function (${parameters.join()}) {`;
  const script = new vm.Script(`${head}${code}\n})`, { filename, columnOffset: -head.length });
  scripts.set(filename, { code, script });
  return script;
}

/** Jest's own environment for Node, but for the code that it need not compile again. */
export default class CompileOnceEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    // Coverage counts by where things are in a function that has no head.
    if (config.globalConfig.collectCoverage) return;
    vm.compileFunction = (code, parameters, options) =>
      options?.parsingContext
        ? scriptOf(options.filename, code, parameters).runInContext(options.parsingContext)
        : compileFunction(code, parameters, options);
  }
}
