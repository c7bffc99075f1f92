import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Plugin, Rollup } from 'vite';

interface Package {
  name: string;
  version: string;
  licence: string;
  texts: string[];
}

// Packages that name their licence but carry no file of it, each with a package of
// the same authors and licence whose text stands for it.
const textFrom = new Map([
  ['@graphiql/plugin-doc-explorer', 'graphiql'],
  ['@graphiql/plugin-history', 'graphiql'],
  ['react-compiler-runtime', 'react'],
  ['react-remove-scroll-bar', 'react-remove-scroll'],
]);

const licenceFile = /^(licen[cs]e|copying|notice|third-?party-?notices)/i;

/**
 * licences writes the name, version and licence text of every package that has a
 * module in the output, those of the workers included: these are bundles of their
 * own, so both plugins fill one set. The build fails where a text is missing.
 */
export function licences(fileName: string): { main(): Plugin; worker(): Plugin } {
  const packages = new Map<string, Package>();

  function collect(bundle: Rollup.OutputBundle): void {
    for (const output of Object.values(bundle)) {
      for (const moduleId of output.type === 'chunk' ? output.moduleIds : []) {
        const folder = packageFolder(moduleId);
        if (folder && !packages.has(folder)) {
          packages.set(folder, readPackage(folder));
        }
      }
    }
  }

  return {
    worker: () => ({
      name: 'explorer-licences-worker',
      generateBundle(_options, bundle) {
        collect(bundle);
      },
    }),
    main: () => ({
      name: 'explorer-licences',
      apply: 'build',
      // The workers' bundles are complete by now: the page's code names their files.
      generateBundle(_options, bundle) {
        collect(bundle);
        this.emitFile({ type: 'asset', fileName, source: render([...packages.values()]) });
      },
    }),
  };
}

function packageFolder(moduleId: string): string | undefined {
  const path = moduleId.replace(/^\0/, '').replace(/\?.*$/, '');
  const start = path.lastIndexOf('/node_modules/');
  if (start < 0) {
    return undefined;
  }
  let folder = dirname(path);
  // Folders inside a package may hold a package.json that only sets its module type.
  while (folder.length > start + '/node_modules'.length) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version) {
      return folder;
    }
    folder = dirname(folder);
  }
  throw new Error(`no package holds ${moduleId}`);
}

function readPackage(folder: string): Package {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license } = manifest;
  return {
    name,
    version,
    licence: license ?? 'see the text',
    texts: readdirSync(folder)
      .filter((file) => licenceFile.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').replace(/\r\n?/g, '\n').trim()),
  };
}

function render(packages: Package[]): string {
  packages.sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
  const parts = packages.map((p) => {
    const head = `${p.name} ${p.version} (${p.licence})`;
    if (p.texts.length > 0) {
      return [head, ...p.texts].join('\n\n');
    }
    const other = packages.find((q) => q.name === textFrom.get(p.name) && q.licence === p.licence);
    if (!other) {
      throw new Error(`${p.name} ${p.version} has no licence text`);
    }
    return [`${head}, text as in ${other.name}`, ...other.texts].join('\n\n');
  });
  const rule = `\n\n${'='.repeat(80)}\n\n`;
  return ['The API explorer contains these packages.', ...parts].join(rule) + '\n';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
