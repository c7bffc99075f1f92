import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';

/** openFetcher posts operations as JSON, with the visitor's own session and rights. */
export function openFetcher(endpoint: string): Fetcher {
  return createGraphiQLFetcher({
    url: endpoint,
    headers: { 'X-Peregrine-Client': 'explorer' },
    enableIncrementalDelivery: false,
    fetch: send,
  });
}

// A proxy between may answer with a page, or nobody at all. Told as a GraphQL error,
// that reads better than the JSON parser's complaint and its stack trace.
async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    const response = await fetch(input, { ...init, credentials: 'same-origin' });
    if (response.headers.get('Content-Type')?.includes('json')) {
      return response;
    }
    return failure(`The server answered ${response.status} ${response.statusText} without JSON.`);
  } catch (error) {
    return failure(`The server could not be reached: ${error instanceof Error ? error.message : error}`);
  }
}

function failure(message: string): Response {
  return Response.json({ errors: [{ message }] });
}
