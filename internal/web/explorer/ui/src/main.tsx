import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './explorer.css';

import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQLInterface } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { readConfig } from './config';
import { openFetcher } from './fetcher';
import { Header } from './header';
import { isFirstVisit, openStorage } from './storage';

const config = readConfig();
const fetcher = openFetcher(config.endpoint);
const storage = openStorage(config.version);
const plugins = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

const tabs = config.examples.map(({ document, variables }) => ({ query: document, variables }));
// GraphiQL opens defaultTabs but fills the editors from the initial values, so on
// the first visit these name the first tab. Later they must be absent, for they
// would win over what was kept.
const first = isFirstVisit(storage) ? tabs[0] : undefined;

createRoot(document.getElementById('root')!).render(
  <GraphiQLProvider
    fetcher={fetcher}
    storage={storage}
    plugins={plugins}
    referencePlugin={DOC_EXPLORER_PLUGIN}
    defaultTabs={tabs.length > 0 ? tabs : undefined}
    initialQuery={first?.query}
    initialVariables={first?.variables}
    inputValueDeprecation
    schemaDescription
  >
    <HistoryStore>
      <DocExplorerStore>
        <Header config={config} />
        <main>
          <GraphiQLInterface
            defaultEditorToolsVisibility={tabs.some((tab) => tab.variables) ? 'variables' : undefined}
            showPersistHeadersSettings={false}
          />
        </main>
      </DocExplorerStore>
    </HistoryStore>
  </GraphiQLProvider>,
);
