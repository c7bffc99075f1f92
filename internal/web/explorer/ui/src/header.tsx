import { DropdownMenu, pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';

import type { Config, Example } from './config';

/** Header is the bar above the editors: title, examples, documents, account. */
export function Header({ config }: { config: Config }) {
  return (
    <header className="graphiql-container explorer-header">
      <h1>{config.title}</h1>
      {config.examples.length > 0 && <ExamplesMenu examples={config.examples} />}
      <nav aria-label="Documents">
        {config.schemaURL && <a href={config.schemaURL}>Schema</a>}
        {config.docsURL && <a href={config.docsURL}>Documentation</a>}
      </nav>
      <Account config={config} />
    </header>
  );
}

function Account({ config }: { config: Config }) {
  if (!config.viewer) {
    return (
      <p className="explorer-account">
        <span>Not signed in: you see what is public.</span>
        {config.signInURL && <a href={config.signInURL}>Sign in</a>}
      </p>
    );
  }
  return (
    <p className="explorer-account">
      <span>Signed in as {config.viewer}</span>
      {config.accountURL && <a href={config.accountURL}>Account</a>}
      {config.signOutURL && <a href={config.signOutURL}>Sign out</a>}
    </p>
  );
}

function ExamplesMenu({ examples }: { examples: Example[] }) {
  const open = useOpenExample();
  useOpenLinkedExample(examples, open);
  return (
    <DropdownMenu>
      <DropdownMenu.Button className="explorer-examples">
        Examples <span aria-hidden="true">▾</span>
      </DropdownMenu.Button>
      <DropdownMenu.Content>
        {examples.map((example) => (
          <DropdownMenu.Item key={example.key} onSelect={() => open(example)}>
            {example.title}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

/** The returned function shows an example: in the tab that still holds it unchanged, else in a new one. */
function useOpenExample(): (example: Example) => void {
  const { addTab, changeTab, updateActiveTabValues } = useGraphiQLActions();
  const { tabs, queryEditor, variableEditor } = useGraphiQL(pick('tabs', 'queryEditor', 'variableEditor'));
  return ({ document, variables }) => {
    const index = tabs.findIndex((tab) => tab.query === document && (tab.variables ?? '') === variables);
    if (index >= 0) {
      changeTab(index);
      return;
    }
    addTab();
    updateActiveTabValues({ query: document, variables });
    queryEditor?.setValue(document);
    variableEditor?.setValue(variables);
  };
}

/** An address that ends in #key opens the example of that key, so that guides can link to it. */
function useOpenLinkedExample(examples: Example[], open: (example: Example) => void): void {
  const ready = useGraphiQL((state) => Boolean(state.queryEditor && state.variableEditor));
  useEffect(() => {
    if (!ready) {
      return;
    }
    const key = decodeURIComponent(window.location.hash.slice(1));
    const example = examples.find((e) => e.key === key);
    if (example) {
      open(example);
      // Else a reload would open it over whatever the visitor has turned to.
      window.history.replaceState(null, '', window.location.pathname + window.location.search);
    }
  }, [ready]);
}
