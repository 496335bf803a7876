import tls from "node:tls";

/** Until the test is over, this process trusts a certificate besides those it always does. */
export function trust(certificate: string | undefined): void {
  const { createSecureContext } = tls;
  jest.spyOn(tls, "createSecureContext").mockImplementation((options) => {
    const secureContext = createSecureContext(options);
    secureContext.context.addCACert(certificate);
    return secureContext;
  });
}
