// A real HTTP server on loopback for jobs that ask the web.
import { createServer, type IncomingMessage, type RequestListener } from "node:http";

export interface WebServer {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  url: string;
  requests: IncomingMessage[];
  close(): Promise<void>;
}

export async function startWebServer(answer: RequestListener): Promise<WebServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
