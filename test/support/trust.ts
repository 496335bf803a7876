import tls from "node:tls";
import { afterTest } from "./clean-up.ts";

/** Until the test is over, this process trusts a certificate besides those it always does. */
export function trust(certificate: string | undefined): void {
  const { createSecureContext } = tls;
  const spy = jest.spyOn(tls, "createSecureContext").mockImplementation((options) => {
    const secureContext = createSecureContext(options);
    secureContext.context.addCACert(certificate);
    return secureContext;
  });
  afterTest(() => spy.mockRestore());
}
