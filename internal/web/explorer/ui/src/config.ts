/** One operation that the server offers as an example. */
export interface Example {
  key: string;
  title: string;
  document: string;
  variables: string;
}

/** What the server tells the page; explorer.go writes it into the document. */
export interface Config {
  /** Changes whenever an example does. */
  version: string;
  title: string;
  endpoint: string;
  examples: Example[];
  /** How the visitor is called; empty when not signed in. */
  viewer: string;
  /** Addresses; an empty one has no link. */
  signInURL: string;
  signOutURL: string;
  accountURL: string;
  schemaURL: string;
  docsURL: string;
}

export function readConfig(): Config {
  const block = document.getElementById('explorer-config');
  if (!block?.textContent) {
    throw new Error('the page carries no configuration');
  }
  return JSON.parse(block.textContent) as Config;
}
